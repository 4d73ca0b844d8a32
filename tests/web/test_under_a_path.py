"""The server under a path of a host, behind nginx as docs/operate.md describes it."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy

import httpx2
import pytest
import yaml
from playwright.sync_api import Page, Request, expect

from tests import nginx
from tests.service import DOMAIN, PATIENCE, ROOT, Person, Service, wait_until
from tests.test_cli import cli
from tests.web.actions import field, numbers, press, run
from tests.web.test_pages_in_browser import PAGES

PREFIX = "/sewing"
DIRECT = "    location / {\n        proxy_pass http://freesewing;\n"


def documented() -> str:
    """The block of the documentation that replaces DIRECT."""
    section = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8").partition("\n## Under a path of a host\n")[2]
    [block] = re.findall(r"^```nginx\n(.*?)^```$", section.partition("\n## ")[0], re.MULTILINE | re.DOTALL)
    return "".join(f"    {line}\n" for line in block.splitlines())


class UnderPath(Service):
    """nginx, under the path."""

    def begin_at(self, prefix: str) -> None:
        self.url += prefix
        self.http = httpx2.Client(base_url=self.url, timeout=PATIENCE, trust_env=False)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnderPath]:
    """The server as its clients see it: nginx removes the path before it passes a request on."""
    front = UnderPath(tmp_path_factory.mktemp("nginx"))
    front.begin_at(PREFIX)
    instance = Service(tmp_path_factory.mktemp("instance"), public_url=front.url)
    front.outbox, front.environment = instance.outbox, instance.environment
    try:
        instance.start()
        with nginx.before(front.data, instance, instance, front=front, changes={DIRECT: documented()}):
            yield front
    finally:
        instance.close()


@pytest.fixture
def person(front: UnderPath) -> Person:
    """An ordinary client."""
    return front.sign_up()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: "/".join(path.split("/")[:3]))
def test_a_page_loads_without_a_complaint_and_from_below_the_path_only(
    front: UnderPath, page: Page, requests: list[Request], complaints: list[str], path: str
) -> None:
    page.goto(front.url + path)
    expect(page.get_by_text(PAGES[path], exact=True).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert complaints == []
    origin = front.url.removesuffix(PREFIX)
    ours = (f"{front.url}/", f"blob:{origin}/", "data:")
    assert not [sent.url for sent in requests if not sent.url.startswith(ours)]
    links = page.locator("a[href^='/']").evaluate_all("all => all.map(one => one.pathname)")
    assert links and all(link.startswith(f"{PREFIX}/") for link in links)


def test_an_operation_can_be_tried_out(front: UnderPath, page: Page) -> None:
    page.goto(f"{front.url}/docs/#/Service/check_health")
    press(page, "Execute")
    expect(page.locator(".live-responses-table .response-col_status").last).to_have_text("200")


def test_the_link_in_a_mail_leads_to_a_key_and_its_commands_work(front: UnderPath, page: Page) -> None:
    body = {"email": f"path{next(numbers)}@{DOMAIN}", "language": "en"}
    assert front.http.post("/signup", json=body).status_code == 201
    page.goto(re.findall(rf"{front.url}/confirm/signup/\S+", newest_mail(front, body["email"])[1])[0])
    press(page, "Agree and start my account")
    expect(page.get_by_role("heading", name="You are signed in")).to_be_visible()
    expect(page).to_have_url(f"{front.url}/console/#/welcome")
    page.get_by_role("link", name="Create an API key").click()
    field(page, "What is it for?").fill("behind nginx")
    press(page, "Create the key")
    assert run(field(page, "curl").input_value())["sets"] == []


def newest_mail(front: UnderPath, recipient: str) -> tuple[str, str]:
    """The List-Unsubscribe header and the text of the newest mail to this recipient."""

    def found() -> list[bytes]:
        return [read for path in front.mails() if f"To: {recipient}".encode() in (read := path.read_bytes())]

    wait_until(found, "the mail")
    message = message_from_bytes(found()[-1], policy=policy.default)
    text = message.get_body(("plain",))
    assert text is not None
    return str(message["List-Unsubscribe"]), text.get_content()


def test_a_mail_program_ends_the_newsletter_in_one_click(front: UnderPath) -> None:
    body = {"email": f"path{next(numbers)}@{DOMAIN}", "language": "en"}
    asked = front.http.post("/subscriber", json={**body, "test": True}).json()["data"]
    front.http.put("/subscriber", json={"id": asked["id"], "ehash": asked["ehash"]})
    assert f"{front.url}/ocunsub/{asked['ehash']}" in cli(front, "subscribers").stdout
    front.http.post("/subscriber", json=body)
    address = newest_mail(front, body["email"])[0].strip("<>")
    assert address == f"{front.url}/ocunsub/{asked['ehash']}"
    assert front.http.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert asked["ehash"] not in cli(front, "subscribers").stdout


def test_addresses_in_replies_are_below_the_path_and_lead_there(front: UnderPath, person: Person) -> None:
    for name in ("one", "two"):
        person.new_set(name=name)
    assert [made["name"] for made in person.every("/sets?limit=1", "sets")] == ["one", "two"]
    export = person.get("/account/export").json()["data"]
    assert export.startswith(f"{front.url}/exports/")
    assert front.http.get(export).json()["account"]["id"] == person.id
    problem = front.http.get("/sets").json()["type"]
    assert problem == f"{front.url}/docs/errors#unauthorized"
    for server in (front.http.get("/openapi.json").json(), yaml.safe_load(front.http.get("/openapi.yaml").text)):
        assert [one["url"] for one in server["servers"]] == [front.url]
    deprecated = person.get("/account/restrict").headers["link"]
    assert deprecated.startswith(f"<{front.url}/docs/#/Account/restrict_account_v3>")


def test_the_path_without_its_slash_leads_to_the_landing_page(front: UnderPath) -> None:
    reply = front.http.get(front.url, follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (301, f"{front.url}/")


def test_a_proxy_that_does_not_remove_the_path_gets_404(front: UnderPath) -> None:
    reply = front.http.get(f"{PREFIX}/health")
    assert (reply.status_code, reply.json()["error"]) == (404, "notFound")
