"""The forms of an e-mail address: entered, stored, shown and mailed."""

import pytest

from core import email_addresses
from core.email_addresses import DomainInvalid

FORMS = {
    # entered: (stored, shown)
    " Alice@Example.ORG ": ("alice@example.org", "alice@example.org"),
    "alice@BÜCHER.example": ("alice@xn--bcher-kva.example", "alice@bücher.example"),
    "alice@xn--bcher-kva.example": ("alice@xn--bcher-kva.example", "alice@bücher.example"),
    "alice@faß.example": ("alice@xn--fa-hia.example", "alice@faß.example"),
    "alice@ΣΑΣ.example": ("alice@xn--mxa9ab.example", "alice@σασ.example"),  # noqa: RUF001
    "alice@例え。テスト.example": ("alice@xn--r8jz45g.xn--zckzah.example", "alice@例え.テスト.example"),
    "alice@ｅxample.org": ("alice@example.org", "alice@example.org"),  # noqa: RUF001
    # Not IDNA 2008, but in the DNS: accepted and shown as they are.
    "alice@r3---sn.example": ("alice@r3---sn.example", "alice@r3---sn.example"),
    "alice@xn--i-7iq.example": ("alice@xn--i-7iq.example", "alice@xn--i-7iq.example"),
}


@pytest.mark.parametrize("entered", FORMS)
def test_an_address_has_one_stored_and_one_shown_form(entered: str) -> None:
    stored, shown = FORMS[entered]
    assert (email_addresses.stored(entered), email_addresses.shown(stored)) == (stored, shown)
    assert email_addresses.stored(shown) == email_addresses.compared(entered) == stored


@pytest.mark.parametrize("domain", ["☃.example", "-ü.example", "ü..example", "a⒈example", "ü"])
def test_a_domain_without_a_labels_is_no_domain(domain: str) -> None:
    with pytest.raises(DomainInvalid):
        email_addresses.stored(f"a@{domain}")
    with pytest.raises(DomainInvalid):
        email_addresses.deliverable(f"a@{domain}")
    assert email_addresses.compared(f" A@{domain} ") == f"a@{domain}"


def test_for_delivery_only_the_domain_changes() -> None:
    assert email_addresses.deliverable("Ann@bücher.example") == "Ann@xn--bcher-kva.example"
    assert email_addresses.deliverable("Ann@Example.org") == "Ann@Example.org"
