"""Story 3: a file of another program, reviewed before it is stored."""

from playwright.sync_api import FilePayload, Page, expect

from tests.interchange.files import tape
from tests.service import Person
from tests.web.actions import field, press
from tests.web.console.visitor import Visitor, assert_accessible

THEIRS = {
    "bust_circ": 36.25,
    "arm_upper_circ": 12,
    "hip_circ": 40,
    "hip_arc_f": 19,
    "waist_circ": 3,
    "height": 66,
    "neck_circ": "size+1",
}


def a_file(name: str, content: bytes) -> FilePayload:
    """A file to choose."""
    return {"name": name, "mimeType": "", "buffer": content}


def test_a_dropped_file_is_reviewed_and_stored(visitor: Visitor, owner: Person, page: Page) -> None:
    visitor.sign_in(owner, "/sets")
    page.get_by_role("link", name="Import a file").click()
    expect(visitor.title("Import measurements")).to_be_focused()
    dropped = page.evaluate_handle(
        "text => { const data = new DataTransfer(); data.items.add(new File([text], 'Alice.smis')); return data }",
        tape(THEIRS, unit="inch").decode(),
    )
    page.dispatch_event("h1", "dragover", {"dataTransfer": dropped})
    page.dispatch_event("h1", "drop", {"dataTransfer": dropped})
    expect(page.get_by_label("Drop a file here, or choose one")).to_have_value("C:\\fakepath\\Alice.smis")
    found = page.get_by_role("table", name="Found")
    expect(found.get_by_role("row", name="Chest")).to_contain_text("36 1/4″")
    expect(found.get_by_role("row", name="Chest")).to_contain_text("Converted. Both mean the same.")
    expect(found.get_by_role("row", name="Biceps")).to_contain_text("Theirs is level with the armpit")
    expect(found.get_by_role("row", name="Waist")).to_contain_text("Is this right?")
    expect(page.get_by_role("table", name="Computed").get_by_role("row", name="Seat, back")).to_contain_text("21″")
    left_out = page.get_by_role("table", name="Left out")
    expect(left_out.get_by_role("row", name="neck_circ")).to_contain_text("A formula")
    expect(left_out.get_by_role("row", name="height")).to_contain_text("Not a measurement that is known here")
    assert owner.every("/sets", "sets") == []
    assert_accessible(page)

    expect(field(page, "Name")).to_have_value("Alice")
    page.get_by_label("Store the computed measurements, too").check()
    page.get_by_role("button", name="Store as a new set").dblclick()
    expect(visitor.title("Alice")).to_be_focused()
    [made] = owner.every("/sets", "sets")
    assert (made["imperial"], made["measies"]["chest"], made["measies"]["seatBack"]) == (True, 920.75, 533.4)


def test_a_table_without_a_unit_is_read_once_it_is_chosen(visitor: Visitor, owner: Person, page: Page) -> None:
    visitor.sign_in(owner, "/sets/import")
    chosen = page.get_by_label("Drop a file here, or choose one")
    chosen.set_input_files(a_file("Bob.CSV", b"measurement,value\nchest,100\nwaist,86\n"))
    expect(page.get_by_role("alert")).to_contain_text("unit")
    page.get_by_label("Unit of lengths in the file").select_option("cm")
    expect(page.get_by_role("table", name="Found").get_by_role("row", name="Chest")).to_contain_text("100\u00a0cm")
    expect(page.get_by_role("alert")).to_have_count(0)
    press(page, "Store as a new set")
    expect(visitor.title("Bob")).to_be_visible()
    assert owner.every("/sets", "sets")[0]["measies"] == {"chest": 1000, "waist": 860}


def test_an_export_is_read_again_and_a_foreign_file_is_rejected(visitor: Visitor, owner: Person, page: Page) -> None:
    made = owner.new_set(name="Carol", measies={"chest": 930})
    visitor.sign_in(owner, "/sets/import", language="de")
    chosen = page.get_by_label("Datei hier ablegen oder auswählen")
    chosen.set_input_files(a_file("carol.yml", owner.get(f"/sets/{made['id']}.yaml").content))
    expect(page.get_by_role("row", name="Brust")).to_contain_text("93\u00a0cm")
    chosen.set_input_files(a_file("cat.png", b"\x89PNG"))
    expect(page.get_by_role("alert").first).to_contain_text("cat.png kann hier nicht gelesen werden.")
    expect(page.get_by_role("table")).to_have_count(0)
    chosen.set_input_files(a_file("long.json", b"1" * 1_048_577))
    expect(page.get_by_role("alert").first).to_contain_text("größer als 1 MB")
    chosen.set_input_files(a_file("empty.json", b'{"chest": 0}'))
    expect(page.get_by_text("In der Datei ist kein Maß")).to_be_visible()
    chosen.set_input_files(a_file("broken.json", b"{"))
    expect(page.get_by_role("alert").first.locator("[lang=en]")).not_to_be_empty()
    assert_accessible(page)
