"""Broken and malicious files: each is rejected with a reason, nothing is stored, and the server stays usable."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.interchange.files import around, tape
from tests.matrix import on_sqlite
from tests.problems import problem, unharmed
from tests.service import FILE, Person, Service

pytestmark = on_sqlite
MOST_BYTES = 1_048_576
GOOD = tape({"bust_circ": 900})
BOMB = "".join(
    f"<!ENTITY {after} '{f'&{before};' * 10}'>" for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
SECRET = "file:///etc/passwd"


@pytest.fixture(scope="module")
def sender(service: Service) -> Person:
    """The account that sends the files."""
    return service.sign_up()


@pytest.fixture(autouse=True)
def _nothing_stored(service: Service, sender: Person) -> Iterator[None]:
    with unharmed(service):
        yield
    assert sender.get("/sets").json()["sets"] == []


def send(sender: Person, form: str, file: bytes, **query: str) -> httpx2.Response:
    return sender.send_file("/sets/import", file, format=form, store="true", name="a", **query)


XML = {
    "nothing but a space": b" ",
    "a million spaces": b" " * 1_000_000,
    "19,000 declarations": b"<?xml" * 19_000 + b" " * 900_000,
    "no XML": b"bust_circ,900",
    "cut off": GOOD[:-8],
    "cut off in a tag": GOOD[:60],
    "something behind it": GOOD + b"<a/>",
    "two roots": GOOD.replace(b"<?xml version='1.0' encoding='UTF-8'?>", b"") * 2,
    "an attribute twice": GOOD.replace(b"name=", b"value='1' name="),
    "an unknown entity": around("<notes>&nbsp;</notes>").encode(),
    "a control character": around("<notes>&#1;</notes>").encode(),
    "another root": tape({"bust_circ": 900}, root="svg"),
    "many sizes": tape({"bust_circ": 900}, root="smms"),
    "many sizes of Valentina": tape({"bust_circ": 900}, root="vst"),
    "a document type": b"<!DOCTYPE smis>" + around("").partition("\n")[2].encode(),
    "a billion laughs": f"<!DOCTYPE smis [<!ENTITY a 'ha'>{BOMB}]><smis><notes>&i;</notes></smis>".encode(),
    "laughs in an attribute": f"<!DOCTYPE smis [<!ENTITY a 'ha'>{BOMB}]><smis><m name='&i;'/></smis>".encode(),
    "a long entity many times": f"<!DOCTYPE a [<!ENTITY a '{'a' * 50_000}'>]><smis>{'&a;' * 50_000}</smis>".encode(),
    "a file of the server": f"<!DOCTYPE a [<!ENTITY a SYSTEM '{SECRET}'>]><smis><notes>&a;</notes></smis>".encode(),
    "an address": b"<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'><smis/>",
    "a parameter entity": b"<!DOCTYPE a [<!ENTITY % a SYSTEM 'http://127.0.0.1:9/'> %a;]><smis/>",
    "a document type in UTF-16": "<!DOCTYPE a [<!ENTITY a 'b'>]><smis>&a;</smis>".encode("utf-16"),
    "5,000 levels": around("<a>" * 5_000 + "</a>" * 5_000).encode(),
    "100,000 open tags": b"<smis>" + b"<a>" * 100_000,
    "100,000 elements": around("<m/>" * 100_000).encode(),
    "1,001 measurements": tape({f"@{number}": 1 for number in range(1_001)}),
    "EBCDIC": "<smis/>".encode("cp500"),
    "a NUL": GOOD.replace(b"900", b"9\x0000"),
}


@pytest.mark.parametrize("file", XML.values(), ids=XML)
def test_a_file_without_measurements_gets_fileinvalid(sender: Person, file: bytes) -> None:
    for form in ("smis", "vit"):
        error = problem(send(sender, form, file, units="mm"), 400, "fileInvalid")
        assert "root:" not in json.dumps(error)
        assert ("multi-size" in error["detail"]) == (b"smms" in file or b"vst" in file)


OTHERS = {
    "no heading": ("csv", b"chest,900,mm"),
    "no value": ("csv", b"measurement,unit\nchest,mm"),
    "two values": ("csv", b"measurement,value,Value\nchest,36,92"),
    "two units": ("csv", b"measurement,value,unit,units\nchest,36,,cm"),
    "two names": ("csv", b"name,measurement,value\nchest,waist,36"),
    "an unknown separator": ("csv", b"sep=|\nmeasurement|value\nchest|36,5"),
    "an old format": ("vit", Path(__file__).parent.joinpath("cases", "old-0.2.0.vit").read_bytes()),
    "nothing but a line end": ("csv", b"\n"),
    "an open quote": ("csv", b'measurement,value\n"chest,900'),
    "something behind a quote": ("csv", b'measurement,value\n"chest"x,900'),
    "a huge field": ("csv", b"measurement,value\n" + b"a" * 200_000),
    "1,001 lines": ("csv", b"measurement,value\n" + b"a,1\n" * 1_001),
    "300,000 empty lines": ("csv", b"measurement,value\n" + b"\n" * 300_000),
    "XML as a table": ("csv", GOOD),
    "JSON, a list": ("json", b"[900]"),
    "JSON, 1,001 names": ("json", json.dumps({f"@{number}": 1 for number in range(1_001)}).encode()),
    "JSON, a set in inches": ("json", b'{"measurements": {"chest": 36}, "units": "inch"}'),
    "JSON, a set in no units": ("json", b'{"measurements": {"chest": 36}, "units": null}'),
    "YAML, a set in centimetres": ("yaml", b"measurements: {chest: 92}\nunits: cm"),
    "YAML, a text": ("yaml", b"chest"),
    "YAML, a list": ("yaml", b"- 1"),
    "YAML, nothing": ("yaml", b"# nothing"),
    "YAML, two documents": ("yaml", b"a: 1\n---\nb: 2"),
    "YAML, an open brace": ("yaml", b"{chest: 900"),
    "YAML, a name twice": ("yaml", b"chest: 900\nchest: 910"),
    "YAML, a name that is a list": ("yaml", b"? [a]\n: 1"),
    "YAML, a name that is a mapping": ("yaml", b"? {a: b}\n: 1"),
    "YAML, an alias": ("yaml", b"a: &a 900\nchest: *a"),
    "YAML, laughs": ("yaml", b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]"),
    "YAML, directives": ("yaml", b"".join(b"%%TAG !%d! x\n" % number for number in range(50_000)) + b"---\nchest: 9"),
    "YAML, a directive behind a mark": ("yaml", "\ufeff%YAML 1.1\n---\nchest: 9".encode()),
    "YAML, a directive in a second document": ("yaml", b"chest: 9\n...\r%YAML 1.1\n---\nchest: 9"),
    "YAML, merges": ("yaml", b"a: &a {x: 1}\nb: {<<: [*a,*a]}"),
    "YAML, a tag": ("yaml", b"chest: !!python/object/apply:os.system ['true']"),
    "YAML, a tag of the root": ("yaml", b"!!binary chest"),
    "YAML, 17 levels": ("yaml", b"a: " + b"[" * 17 + b"]" * 17),
    "YAML, 100,000 open brackets": ("yaml", b"[" * 100_000),
    "YAML, 100,000 dashes": ("yaml", b"- " * 100_000),
    "YAML, 10,000 names": ("yaml", b"".join(b"a%d: 1\n" % number for number in range(10_000))),
    "YAML, a list of 10,000": ("yaml", b"chest: 900\na: [" + b"1," * 10_000 + b"]"),
    "YAML, a control character": ("yaml", b"chest: \x01"),
    "YAML, half a pair of surrogates": ("yaml", b'"\\ud800": 1'),
}


@pytest.mark.parametrize(("form", "file"), OTHERS.values(), ids=OTHERS)
def test_a_file_that_is_neither_a_table_nor_json_gets_fileinvalid(sender: Person, form: str, file: bytes) -> None:
    problem(send(sender, form, file, units="mm"), 400, "fileInvalid")


@pytest.mark.parametrize(
    "file", [b"{", b'{"chest": NaN}', b'{"chest": 1e999}', b'{"a":1,"a":2}', b"[" * 100_000, b'{"a":"\\ud800"}']
)
def test_json_is_strict(sender: Person, file: bytes) -> None:
    problem(send(sender, "json", file), 400, "malformedBody")


def test_attributes_without_end_are_none_of_ours(sender: Person) -> None:
    attributes = "".join(f" a{number}='1'" for number in range(90_000))
    file = around(f"<unit>mm</unit><body-measurements><m{attributes}/></body-measurements>").encode()
    problem(send(sender, "smis", file), 400, "nothingToImport")


def test_an_xinclude_is_an_element_like_any_other(sender: Person) -> None:
    include = f"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='{SECRET}' parse='text'/>"
    file = tape({"bust_circ": "-1"}, before=f"<notes>{include}</notes>{include}")
    reply = sender.send_file("/sets/import", file, format="smis")
    assert reply.status_code == 200
    assert reply.json()["report"]["dropped"] == [
        {"source": "include", "reason": "unsupported"},
        {"source": "bust_circ", "reason": "outOfRange"},
    ]
    problem(send(sender, "smis", file), 400, "nothingToImport")


def test_a_body_has_a_limit_and_a_type_of_its_own(sender: Person) -> None:
    filled = b"measurement,value,unit," + b"x" * MOST_BYTES
    problem(send(sender, "csv", filled[: MOST_BYTES + 1]), 413, "bodyTooLarge")
    assert problem(send(sender, "csv", filled[:MOST_BYTES]), 400, "fileInvalid")

    def chunks() -> Iterator[bytes]:
        yield from (b"x" * 100_000 for _ in range(12))

    headers = {"Authorization": sender.authorization, **FILE}
    for content, status, code in (
        (chunks(), 413, "bodyTooLarge"),
        (b"", 400, "postBodyMissing"),
    ):
        reply = sender.service.http.post("/sets/import?format=csv", content=content, headers=headers)
        problem(reply, status, code)
    for kind in ("application/json", "text/csv", "multipart/form-data; boundary=x", ""):
        reply = sender.request("POST", "/sets/import?format=csv", content=b"{}", headers={"Content-Type": kind})
        problem(reply, 415, "unsupportedMediaType")
    zipped = sender.request(
        "POST", "/sets/import?format=csv", content=b"{}", headers={**FILE, "Content-Encoding": "gzip"}
    )
    problem(zipped, 415, "unsupportedMediaType")
    problem(sender.request("POST", "/sets", content=b"{}", headers=FILE), 415, "unsupportedMediaType")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"format": "smms"}, "validationFailed"),
        ({"format": ""}, "validationFailed"),
        ({"units": "m"}, "validationFailed"),
        ({"store": "yes"}, "validationFailed"),
        ({"store": "True"}, "validationFailed"),
        ({"imperial": "1"}, "validationFailed"),
        ({"name": ""}, "nameMissing"),
        ({"name": "a" * 501}, "validationFailed"),
        ({"name": "a\x00"}, "nameMissing"),
        ({"name": " \u200b"}, "nameMissing"),
    ],
)
def test_wrong_parameters_are_rejected(sender: Person, query: dict[str, str], code: str) -> None:
    problem(sender.send_file("/sets/import", GOOD, **{"format": "smis", **query}), 400, code)


def test_missing_fields_of_a_set_are_rejected(sender: Person) -> None:
    problem(sender.send_file("/sets/import", GOOD), 400, "validationFailed")
    problem(sender.send_file("/sets/import", GOOD, format="smis", store="true"), 400, "nameMissing")
    problem(sender.send_file("/sets/import", tape({"bust_circ": 9}, unit=""), format="smis"), 400, "unitsMissing")
    problem(sender.send_file("/sets/import", b"name,value\nchest,9", format="csv"), 400, "unitsMissing")
