"""Joining, signing in and out, consent, and the second factor."""

from typing import Any

import pyotp

from tests.clients.scenario import drives
from tests.clients.site import Page, Site
from tests.handlers.database import change_account
from tests.handlers.reading import link_in, mail_to, new_address, parts_of
from tests.service import PASSWORD

WRONG = "0" * 40


def mailed(site: Site, address: str, *, number: int = 1) -> dict[str, str]:
    """The parameters of the link in the mail of this number to the address."""
    _, confirmation, check = parts_of(link_in(mail_to(site.service, address, number=number)))
    return {"id": confirmation, "check": check}


def signed_in_by(session: dict[str, Any], site: Site) -> Page:
    """Whose token a session is: a page with it."""
    page = site.with_token(session["token"])
    assert page.done("ping")["account"]["uuid"] == session["account"]["uuid"]
    return page


@drives("signUp", "getConfirmation", "confirmSignup", "ping", "reloadAccount")
def a_visitor_joins(site: Site) -> None:
    email = new_address()
    assert site.visitor.made("signUp", {"email": email.upper()})["email"] == email
    link = mailed(site, email)
    assert site.visitor.done("getConfirmation", link)["confirmation"] == link
    assert site.visitor.refused("getConfirmation", {**link, "check": "1234"}) == (404, "notFound")
    assert site.visitor.refused("confirmSignup", {**link, "check": WRONG, "consent": 1}) == (404, "notFound")
    session = site.visitor.done("confirmSignup", {**link, "consent": 1})
    account = signed_in_by(session, site).done("reloadAccount")["account"]
    assert (account["consent"], account["email"], account["status"], account["data"]) == (1, email, 1, {})
    assert site.visitor.refused("confirmSignup", {**link, "consent": 1}) == (404, "notFound")


@drives("signIn")
def somebody_signs_in_with_a_password(site: Site) -> None:
    page = site.signed_in()
    assert page.person is not None
    page.done("updateAccount", {"password": PASSWORD})
    who = {"username": page.person.email, "password": PASSWORD}
    # The form leaves the one-time code empty, where the hook itself would say false.
    for token in ({}, {"token": ""}):
        signed_in_by(site.visitor.done("signIn", {**who, **token}), site)
    assert site.visitor.refused("signIn", {**who, "password": "wrong"}) == (401, "signInFailed")
    assert site.visitor.refused("signIn", {**who, "password": ""}) == (400, "passwordMissing")
    assert site.visitor.refused("signIn", {"username": "", "password": "x"}) == (400, "usernameMissing")


@drives("signIn", "signInFromLink")
def somebody_signs_in_by_mail(site: Site) -> None:
    page = site.signed_in()
    assert page.person is not None
    assert site.visitor.call("signIn", {"username": page.person.email}) == [200, {"result": "emailSent"}]
    link = mailed(site, page.person.email)
    assert site.visitor.done("getConfirmation", link)["confirmation"] == link
    assert site.visitor.refused("signInFromLink", {**link, "check": WRONG}) == (404, "notFound")
    signed_in_by(site.visitor.done("signInFromLink", link), site)
    assert site.visitor.refused("signInFromLink", link) == (404, "notFound")


@drives("enableMfa", "confirmMfa", "disableMfa")
def somebody_uses_a_second_factor(site: Site) -> None:
    page = site.signed_in()
    assert page.person is not None
    page.done("updateAccount", {"password": PASSWORD})
    handed = page.done("enableMfa")["mfa"]
    assert handed["qrcode"].startswith("<svg")
    code = pyotp.TOTP(handed["secret"]).now()
    wrong = str((int(code) + 1) % 1_000_000).zfill(6)
    assert page.refused("confirmMfa", {"secret": handed["secret"], "token": f"{wrong}9"}) == (403, "mfaTokenInvalid")
    confirmed = page.done("confirmMfa", {"secret": handed["secret"], "token": code})
    assert confirmed["account"]["mfaEnabled"] is True
    who = {"username": page.person.email, "password": PASSWORD, "token": ""}
    assert site.visitor.refused("signIn", who) == (403, "mfaTokenRequired")
    signed_in_by(site.visitor.done("signIn", {**who, "token": confirmed["scratchCodes"][0]}), site)
    change_account(site.service, page.person.id, mfa_step=0)  # as if the code's half-minute were over
    disabled = page.done("disableMfa", {"password": PASSWORD, "token": pyotp.TOTP(handed["secret"]).now()})
    assert disabled["account"]["mfaEnabled"] is False


@drives("enableMfa", "signInFromLink")
def a_link_takes_a_second_factor_too(site: Site) -> None:
    page = site.signed_in()
    assert page.person is not None
    secret = page.done("enableMfa")["mfa"]["secret"]
    confirmed = page.done("confirmMfa", {"secret": secret, "token": pyotp.TOTP(secret).now()})
    site.visitor.call("signIn", {"username": page.person.email})
    link = mailed(site, page.person.email)
    assert site.visitor.refused("signInFromLink", link) == (403, "mfaTokenRequired")
    assert site.visitor.refused("signInFromLink", {**link, "token": "1234"}) == (401, "signInFailed")
    signed_in_by(site.visitor.done("signInFromLink", {**link, "token": confirmed["scratchCodes"][0]}), site)


@drives("updateConsent")
def consent_is_withdrawn_and_given_again(site: Site) -> None:
    page = site.signed_in()
    assert page.done("updateAccount", {"consent": 0})["account"]["consent"] == 0
    assert page.refused("ping") == (451, "consentLacking")
    session = page.done("updateConsent", 2)
    assert session["account"]["consent"] == 2
    signed_in_by(session, site)
    # The page keeps the token that it has.
    assert page.done("ping")["account"]["consent"] == 2


@drives("adminPing")
def the_token_of_an_admin_is_tried_in_a_form_that_nobody_takes(site: Site) -> None:
    # The hook writes "Bearer:", which is no scheme; FreeSewing's backend refuses it as well.
    page = site.signed_in("admin")
    assert page.refused("adminPing", page.token) == (401, "unauthorized")


@drives("signIn", "signUp", "getUserProfile", "findUserProfiles")
def an_old_token_in_the_browser_keeps_nobody_out(site: Site) -> None:
    page = site.signed_in()
    account = page.done("updateAccount", {"password": PASSWORD})["account"]
    # The hook sends the token that is stored with every request, to public operations, too.
    old = site.with_token(f"{page.token}x")
    assert old.refused("ping") == (401, "unauthorized")
    old.made("signUp", {"email": new_address()})
    old.done("getUserProfile", account["uuid"])
    old.done("findUserProfiles", account["username"])
    signed_in_by(old.done("signIn", {"username": account["email"], "password": PASSWORD}), site)
