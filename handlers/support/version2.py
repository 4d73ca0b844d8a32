"""Conversion of accounts from version 2 of FreeSewing. Pure: stores nothing."""

import json
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from core import document, email_addresses
from storage import accounts

MOST_RECORDS = 1000
# Of a pattern's data and settings together, as JSON.
MOST_BYTES = 200_000
LANGUAGES = frozenset(document.load()["components"]["schemas"]["Language"]["enum"])
STATUSES = {
    "active": accounts.ACTIVE,
    "pending": accounts.INACTIVE,
    "frozen": accounts.RESTRICTED,
    "blocked": accounts.DISABLED,
}

_NO_NUL = r"^[^\x00]*$"
# The same rule as at sign-up.
EMAIL = document.load()["components"]["schemas"]["Email"]["pattern"]
# bcrypt; at costs above 14 one sign-in would take seconds.
_BCRYPT = r"^\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$"

Name = Annotated[str, Field(max_length=500, pattern=_NO_NUL)]
Text = Annotated[str, Field(max_length=20_000, pattern=_NO_NUL)]


Model = TypeVar("Model", bound=BaseModel)


class Unusable(Exception):
    """The record cannot be taken over; the message says which field, and why, without repeating it."""


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class Consent(_Model):
    """What its owner agreed to."""

    profile: bool = False
    measurements: bool = False
    openData: bool = False  # noqa: N815 - version 2's name

    @property
    def level(self) -> int:
        """0 to 3. Each level includes the lower ones: consent to a level counts only with consent to all below it."""
        given = (self.profile, self.measurements, self.openData)
        return given.index(False) if False in given else len(given)


class Settings(_Model):
    """How its owner wants to see things."""

    language: str = "en"
    units: str = "metric"


class Account(_Model):
    """An account."""

    email: Annotated[str, Field(min_length=5, max_length=254, pattern=EMAIL), AfterValidator(email_addresses.stored)]
    username: Name = ""
    handle: Annotated[str, Field(max_length=100, pattern=_NO_NUL)] = ""
    password: Annotated[str, Field(pattern=_BCRYPT)] | None = None
    bio: Text = ""
    newsletter: bool = False
    status: str = "active"
    consent: Consent = Consent()
    settings: Settings = Settings()
    people: dict[str, Any] = Field(default_factory=dict, max_length=MOST_RECORDS)
    patterns: dict[str, Any] = Field(default_factory=dict, max_length=MOST_RECORDS)

    @property
    def password_hash(self) -> str | None:
        """The hash as `passwords` knows it."""
        return self.password and json.dumps({"type": "v2", "data": self.password})

    @property
    def fields(self) -> dict[str, Any]:
        """The account's columns, but for its address and its user name."""
        return {
            "bio": self.bio,
            "newsletter": self.newsletter,
            "status": STATUSES[self.status],
            "consent": self.consent.level,
            "imperial": self.settings.units == "imperial",
        }

    @property
    def language(self) -> str:
        """The language, English for one that we do not write in."""
        return self.settings.language if self.settings.language in LANGUAGES else "en"


class Person(_Model):
    """A person with measurements."""

    name: Annotated[str, Field(min_length=1, max_length=500, pattern=_NO_NUL)]
    notes: Text = ""
    units: str = "metric"
    measurements: dict[str, Any] = Field(default_factory=dict, max_length=200)


class Design(_Model):
    """What a pattern was drafted with."""

    model_config = ConfigDict(strict=True, extra="allow")
    design: Annotated[str, Field(min_length=1, max_length=100, pattern=_NO_NUL)]
    settings: dict[str, Any] = Field(default_factory=dict)


class Pattern(_Model):
    """A pattern."""

    name: Name = ""
    notes: Text = ""
    person: str = ""
    data: Design


def account_of(record: Any) -> Account:
    """The account in an export; raises Unusable."""
    account = _checked(Account, record)
    if account.status not in STATUSES:
        raise Unusable("status: unknown")
    return account


def person_of(record: Any) -> Person:
    """The person in an export; raises Unusable."""
    return _checked(Person, record)


def pattern_of(record: Any) -> Pattern:
    """The pattern in an export; raises Unusable."""
    pattern = _checked(Pattern, record)
    try:
        size = len(orjson.dumps(pattern.data.model_dump()))
    except orjson.JSONEncodeError:
        raise Unusable("data: a whole number of more than 64 bits") from None
    if size > MOST_BYTES:
        raise Unusable("data: too_long")
    return pattern


def _checked(model: type[Model], record: Any) -> Model:
    try:
        return model.model_validate(record)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        # Names beyond the model's own are the record's wording.
        field = str(first["loc"][0]) if first["loc"] else "record"
        raise Unusable(f"{field}: {first['type']}") from None
