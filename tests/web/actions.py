"""What tests do in a page: open the links of mails, fill in fields, press buttons, run the shown commands."""

import json
import shlex
import shutil
import subprocess
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from tests.service import DOMAIN, Person, Service, confirmation_of

UNKNOWN = "0a7d1c1e-54a5-4cf7-8f0e-9c7ab7a0d5b4/3f786850e387550fdab836ed7e6dc881de23001b"
numbers = count(1)


def a_sign_up(service: Service) -> dict[str, Any]:
    """The confirmation of a new account, as its mail holds it."""
    body = {"email": f"browser{next(numbers)}@{DOMAIN}", "language": "en", "test": True}
    return confirmation_of(service.http.post("/signup", json=body).json())


def a_sign_in(service: Service, person: Person) -> dict[str, Any]:
    """The confirmation that signs a person in, as the mail after another sign-up holds it."""
    body = {"email": person.email, "language": "en", "test": True}
    return confirmation_of(service.http.post("/signup", json=body).json())


def address(service: Service, kind: str, confirmation: dict[str, Any]) -> str:
    """The link in the mail."""
    return f"{service.url}/confirm/{kind}/{confirmation['id']}/{confirmation['check']}"


def press(page: Page, name: str) -> None:
    """Press the button."""
    page.get_by_role("button", name=name, exact=True).click()


def leave_dialog(page: Page) -> None:
    """Press Escape; wait until the dialog is gone, which the browser closes after the key was handled."""
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def field(page: Page, label: str) -> Locator:
    """The field that can be seen under this label."""
    return page.locator(":is(input, select, textarea):visible").and_(page.get_by_label(label, exact=True))


def turn_on_second_factor(person: Person) -> list[str]:
    """Turn on the second factor; return the scratch codes."""
    pyotp = pytest.importorskip("pyotp")
    secret = person.post("/account/mfa", {"mfa": True}).json()["mfa"]["secret"]
    body = {"mfa": True, "secret": secret, "token": pyotp.TOTP(secret).now()}
    codes: list[str] = person.post("/account/mfa", body).json()["scratchCodes"]
    return codes


def run(command: str) -> Any:
    """Run a command of curl; return the JSON of the response."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    arguments = shlex.split(command.replace("\\\n", ""))
    assert arguments[0] == "curl"
    done = subprocess.run([*arguments, "--silent", "--noproxy", "*"], capture_output=True, check=True)
    return json.loads(done.stdout)


def detail(response: Response) -> str:
    """The `detail` of a problem."""
    return str(response.json()["detail"])
