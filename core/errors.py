"""API errors as exceptions, and the table that maps each to a status, a code and a title.

Clients match on the code, which is stable and listed in the document; title and detail are for people.
A refused schema carries its code from the document itself (see `middleware/validation.py`).
"""

from dataclasses import dataclass, field
from typing import Any

from core.causes import Cause


class Fact(Exception):
    """Something the caller must be told. `detail` is one sentence without secrets or echoed input."""

    def __init__(self, detail: str = "", *, headers: dict[str, str] | None = None, code: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}
        self.code = code


class AlreadyExists(Exception):
    """A unique constraint refused the row; the caller of storage decides what that means."""


class MalformedBody(Fact):
    """The body is not UTF-8 JSON within the limits of depth and size."""


@dataclass(frozen=True, slots=True)
class SchemaViolation:
    """One place where a request departs from the document: which part, JSON pointer, what is wanted."""

    part: str
    pointer: str
    detail: str


class ValidationFailed(Fact):
    """The request departs from the document; `code` is what the document states beside the schema."""

    def __init__(self, code: str, violations: list[SchemaViolation]) -> None:
        first = violations[0]
        # What lies deeper than the document's own names is the caller's wording: the pointer alone repeats that.
        place = "/".join(first.pointer.split("/")[:2])
        super().__init__(f"{first.part} {place}".rstrip() + f": {first.detail}", code=code)
        self.violations = violations


class Refused(Fact):
    """A rule of the operation that no schema can express; `code` names the rule (status 400)."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail, code=code)


class NotEnabled(Fact):
    """The operator has not set this server up for it."""


class ImageInvalid(Fact):
    """The image cannot be fetched or decoded, or is larger than allowed."""


class FileInvalid(Fact):
    """The file of measurements is not what it should be, or is larger than it may be."""


class UnitsMissing(Fact):
    """Neither the file nor the request says in which unit the measurements are."""


class Unauthorized(Fact):
    """No credentials, or credentials that let nobody in."""


class SignInFailed(Fact):
    """Unknown account, wrong password or code, or an account that may not sign in; never says which."""


class AuthenticationFailed(Fact):
    """The signed-in person could not prove again who they are."""


class KeyExpired(Fact):
    """The secret is right, the key is past its expiry."""


class KeyRevoked(Fact):
    """The secret is right, the key was revoked; why, and when (ISO 8601)."""

    def __init__(self, detail: str, *, reason: str, revoked_at: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.revoked_at = revoked_at


class InsufficientLevel(Fact):
    """The caller's access level, or their tie to the record, does not allow this."""


class MfaTokenRequired(Fact):
    """Multi-factor authentication is on and no code came."""


class MfaTokenInvalid(Fact):
    """The one-time code is wrong."""


class NoSuchRecord(Fact):
    """The record does not exist, or its existence is not for the caller to know."""


class NoSuchPath(Fact):
    """No operation has this path."""


class MethodNotAllowed(Fact):
    """The path exists, not with this method; `Allow` says which."""


class NotAcceptable(Fact):
    """Nothing the operation can send is acceptable to the client."""


class PreconditionFailed(Fact):
    """`If-Match` names another state of the record than the present one."""


class RequestOpen(Fact):
    """The account waits for the answer to such a request, or to as many as it may."""


class RequestDecided(Fact):
    """The request was answered before."""


class OwnAccount(Fact):
    """Nobody changes their own role, status or second factor as staff."""


class AccountNotActive(Fact):
    """The account may not sign in, or has not consented: nobody can act as it."""


class KeyNotActive(Fact):
    """The API key has expired or was revoked: it gets no new secret."""


class PreviousSecretActive(Fact):
    """The secret before the last rotation of the API key is still good."""


class KeyInUse(Fact):
    """The first request with this idempotency key is still being worked on."""


class ExportRunning(Fact):
    """The account is still reading an earlier reply with all its data."""


class AnswerLost(Fact):
    """What was asked for under this idempotency key is done, and nobody knows any more what was answered."""


class KeyReused(Fact):
    """The idempotency key came with another request before."""


class QuotaExceeded(Fact):
    """A quota is used up; `policies` are the names of those that are, `seconds` how long until all have some left."""

    def __init__(self, detail: str, policies: list[str], seconds: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": str(seconds), **(headers or {})})
        self.policies = policies


class StorageFull(Fact):
    """The record would take its owner over the storage quota: `use` is what the account stores, `most` its quota.

    Both have `records` and `bytes`.
    """

    def __init__(self, use: Any, most: Any) -> None:
        stored = f"{use.records:,} of {most.records:,} records and {use.bytes:,} of {most.bytes:,} bytes"
        super().__init__(f"The account stores {stored}. Remove records, or request a higher quota.")
        self.use = use
        self.most = most


class SlugTaken(Fact):
    """There is a post with this slug, or one waits to be merged."""


class ImageExists(Fact):
    """There is a picture of this name, and the caller may not replace it."""


class BodyTooLarge(Fact):
    """The body is over the limit of the operation."""


class BodyTooSlow(Fact):
    """The body arrived too slowly."""


class UnsupportedMediaType(Fact):
    """The body has a media type or an encoding that the operation does not take."""


class ConsentLacking(Fact):
    """The account has not consented to having its data processed."""


class Unavailable(Fact):
    """The request cannot be answered right now (503), because of its `cause`; raised as one of its subclasses."""

    cause: Cause

    def __init__(
        self, detail: str = "", *, cause: Cause | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail, headers=headers)
        self.cause = cause or self.cause


class Overtaken(Unavailable):
    """What this needs was removed at the very moment; trying again tells what is left."""

    cause = "concurrent_deletion"


class Overloaded(Unavailable):
    """As many requests as may be are being worked on."""

    cause = "concurrency"


class StorageUnavailable(Unavailable):
    """The database cannot be reached, or cannot take the write."""

    cause = "database"


class ImageStoreUnavailable(Unavailable):
    """The place where images are kept cannot be reached."""

    cause = "image_store"


class ForgeUnavailable(Fact):
    """The code forge cannot be reached, or refuses what we ask of it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a fact is told: HTTP status, stable code, title, and headers that always go with it."""

    status: int
    code: str
    title: str
    headers: dict[str, str] = field(default_factory=dict)
    # A type that others have registered; else it is ours, see `problem`.
    type: str = ""


# draft-ietf-httpapi-ratelimit-headers-10, section 4
QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"
_LATER = {"Retry-After": "2"}

REPLIES: dict[type[Fact], Verdict] = {
    MalformedBody: Verdict(400, "malformedBody", "The body is not valid JSON"),
    ValidationFailed: Verdict(400, "validationFailed", "The request is invalid"),
    Refused: Verdict(400, "validationFailed", "The request violates a rule of this operation"),
    NotEnabled: Verdict(400, "notEnabled", "This operation is not enabled"),
    ImageInvalid: Verdict(400, "imgInvalid", "The image cannot be used"),
    FileInvalid: Verdict(400, "fileInvalid", "The file cannot be read"),
    UnitsMissing: Verdict(400, "unitsMissing", "The unit of the measurements is unknown"),
    Unauthorized: Verdict(401, "unauthorized", "Credentials are missing or invalid"),
    SignInFailed: Verdict(401, "signInFailed", "Sign-in failed"),
    AuthenticationFailed: Verdict(401, "authenticationFailed", "Authentication failed"),
    KeyExpired: Verdict(401, "keyExpired", "The API key has expired"),
    KeyRevoked: Verdict(401, "keyRevoked", "The API key was revoked"),
    InsufficientLevel: Verdict(403, "insufficientAccessLevel", "The access level is too low"),
    StorageFull: Verdict(403, "storageQuotaExceeded", "The storage quota is exceeded"),
    MfaTokenRequired: Verdict(403, "mfaTokenRequired", "A one-time code is required"),
    MfaTokenInvalid: Verdict(403, "mfaTokenInvalid", "The one-time code is wrong"),
    NoSuchRecord: Verdict(404, "notFound", "Not found"),
    NoSuchPath: Verdict(404, "notFound", "Not found"),
    MethodNotAllowed: Verdict(405, "methodNotAllowed", "The path does not support this method"),
    NotAcceptable: Verdict(406, "notAcceptable", "No acceptable representation"),
    BodyTooSlow: Verdict(408, "bodyTooSlow", "The body arrived too slowly"),
    SlugTaken: Verdict(409, "slugTaken", "The slug is taken"),
    ImageExists: Verdict(409, "imageExists", "An image with this name exists"),
    PreconditionFailed: Verdict(412, "preconditionFailed", "The record has changed"),
    RequestOpen: Verdict(409, "requestOpen", "A request is already open"),
    RequestDecided: Verdict(409, "requestDecided", "The request is already decided"),
    OwnAccount: Verdict(409, "ownAccount", "Administrators cannot change their own account"),
    AccountNotActive: Verdict(409, "accountNotActive", "The account is not active"),
    KeyNotActive: Verdict(409, "keyNotActive", "The API key is not active"),
    PreviousSecretActive: Verdict(409, "previousSecretActive", "The API key still has a previous secret"),
    KeyInUse: Verdict(409, "idempotencyKeyInUse", "A request with this idempotency key is in progress", _LATER),
    ExportRunning: Verdict(409, "exportRunning", "Another export is in progress", _LATER),
    AnswerLost: Verdict(409, "idempotencyAnswerLost", "The response to the first request is lost"),
    BodyTooLarge: Verdict(413, "bodyTooLarge", "The body is too large"),
    UnsupportedMediaType: Verdict(415, "unsupportedMediaType", "The media type is not supported"),
    KeyReused: Verdict(422, "idempotencyKeyReused", "The idempotency key was used for another request"),
    QuotaExceeded: Verdict(429, "quotaExceeded", "A quota is exceeded", type=QUOTA_EXCEEDED),
    ConsentLacking: Verdict(451, "consentLacking", "The account has not consented"),
    ForgeUnavailable: Verdict(502, "forgeUnavailable", "The code forge is unavailable"),
}
_UNAVAILABLE = Verdict(503, "unavailable", "The service is temporarily unavailable", _LATER)
REPLIES |= dict.fromkeys((Overloaded, Overtaken, StorageUnavailable, ImageStoreUnavailable), _UNAVAILABLE)

INTERNAL_ERROR = Verdict(500, "internalError", "Internal error")


def problem(verdict: Verdict, *, code: str = "", detail: str, instance: str, base: str = "") -> dict[str, Any]:
    """The one shape of every error: `result` and `error` beside the members of RFC 9457."""
    code = code or verdict.code
    return {
        "result": "error",
        "error": code,
        "type": verdict.type or f"{base}/docs/errors#{code}",
        "title": verdict.title,
        "status": verdict.status,
        "detail": detail or f"{verdict.title}.",
        "instance": instance,
    }
