"""API errors as exceptions; `core/problem_types.py` maps each to the status, code and title of its response.

A value that violates a schema carries the code that the document states beside the schema
(`middleware/validation.py`).
"""

from dataclasses import dataclass
from typing import Any

from core.causes import Cause


class ApiError(Exception):
    """An error that is returned to the client. `detail` is one sentence without secrets or echoed input."""

    def __init__(self, detail: str = "", *, headers: dict[str, str] | None = None, code: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}
        self.code = code


class AlreadyExists(Exception):
    """A unique constraint rejected the row; the caller of the storage function decides which API error that is."""


class MalformedBody(ApiError):
    """The body is not UTF-8 JSON within the limits of depth and size."""


@dataclass(frozen=True, slots=True)
class SchemaViolation:
    """One violation of the document in a request: part, JSON pointer, and the value that the document requires."""

    part: str
    pointer: str
    detail: str


class ValidationFailed(ApiError):
    """The request violates the document; `code` is the one that the document states beside the schema."""

    def __init__(self, code: str, violations: list[SchemaViolation]) -> None:
        first = violations[0]
        # Only the first name is the document's. Deeper ones may be the caller's input, which `detail` does not echo.
        place = "/".join(first.pointer.split("/")[:2])
        super().__init__(f"{first.part} {place}".rstrip() + f": {first.detail}", code=code)
        self.violations = violations


class Refused(ApiError):
    """A rule of the operation that no schema can express; `code` names the rule (status 400)."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail, code=code)


class NotEnabled(ApiError):
    """The operator has not enabled this feature."""


class ImageInvalid(ApiError):
    """The image cannot be fetched or decoded, or is larger than allowed."""


class FileInvalid(ApiError):
    """The file of measurements cannot be parsed, or exceeds a limit."""


class UnitsMissing(ApiError):
    """Neither the file nor the request says in which unit the measurements are."""


class Unauthorized(ApiError):
    """Credentials are missing or invalid."""


class SignInFailed(ApiError):
    """Unknown account, wrong password or code, or an account that may not sign in: the response is the same."""


class AuthenticationFailed(ApiError):
    """Reauthentication failed: the password or code of a signed-in user is wrong."""


class KeyExpired(ApiError):
    """The secret is right, but the key has expired."""


class KeyRevoked(ApiError):
    """The secret is right, but the key was revoked at `revoked_at` (ISO 8601) because of `reason`."""

    def __init__(self, detail: str, *, reason: str, revoked_at: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.revoked_at = revoked_at


class InsufficientLevel(ApiError):
    """The caller's access level is too low, or the record belongs to another account."""


class MfaTokenRequired(ApiError):
    """Multi-factor authentication is enabled and the request has no one-time code."""


class MfaTokenInvalid(ApiError):
    """The one-time code is wrong."""


class NoSuchRecord(ApiError):
    """The record does not exist, or the caller must not learn that it does."""


class NoSuchPath(ApiError):
    """No operation has this path."""


class MethodNotAllowed(ApiError):
    """The path does not support this method; the header `Allow` lists those it supports."""


class NotAcceptable(ApiError):
    """The operation supports none of the media types in `Accept`."""


class PreconditionFailed(ApiError):
    """`If-Match` names another state of the record than the current one."""


class RequestOpen(ApiError):
    """The account has an open request of this kind, or the largest allowed number of them."""


class RequestDecided(ApiError):
    """The request was decided before."""


class OwnAccount(ApiError):
    """Administrators cannot change their own role, status or second factor."""


class AccountNotActive(ApiError):
    """The account may not sign in, or has not consented: administrators cannot impersonate it."""


class KeyNotActive(ApiError):
    """The API key has expired or was revoked, so it cannot be rotated."""


class PreviousSecretActive(ApiError):
    """The previous secret of the API key is still valid."""


class KeyInUse(ApiError):
    """The first request with this idempotency key is still in progress."""


class ExportRunning(ApiError):
    """The account is still reading the response of an earlier export."""


class AnswerLost(ApiError):
    """The first request with this idempotency key was executed, but its response was not stored."""


class KeyReused(ApiError):
    """The idempotency key was used for another request before."""


class QuotaExceeded(ApiError):
    """A quota is used up; `policies` are the names of those that are, `seconds` how long until all have some left."""

    def __init__(self, detail: str, policies: list[str], seconds: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": str(seconds), **(headers or {})})
        self.policies = policies


class StorageFull(ApiError):
    """The record would take its owner over the storage quota: `use` is what the account stores, `most` its quota.

    Both have `records` and `bytes`.
    """

    def __init__(self, use: Any, most: Any) -> None:
        stored = f"{use.records:,} of {most.records:,} records and {use.bytes:,} of {most.bytes:,} bytes"
        super().__init__(f"The account stores {stored}. Remove records, or request a higher quota.")
        self.use = use
        self.most = most


class SlugTaken(ApiError):
    """A post with this slug exists, or an open pull request adds one."""


class ImageExists(ApiError):
    """An image with this name exists, and the caller may not replace it."""


class BodyTooLarge(ApiError):
    """The body is larger than the operation allows."""


class BodyTooSlow(ApiError):
    """The body arrived too slowly."""


class UnsupportedMediaType(ApiError):
    """The operation does not support the media type or the encoding of the body."""


class ConsentLacking(ApiError):
    """The account has not consented to the processing of its data."""


class Unavailable(ApiError):
    """The service is temporarily unavailable (503) because of `cause`. Only its subclasses are raised."""

    cause: Cause

    def __init__(
        self, detail: str = "", *, cause: Cause | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail, headers=headers)
        self.cause = cause or self.cause


class ConcurrentDeletion(Unavailable):
    """Another request deleted a record that this one needs, at the same time; the client should try again."""

    cause = "concurrent_deletion"


class Overloaded(Unavailable):
    """The largest allowed number of requests is in progress."""

    cause = "concurrency"


class StorageUnavailable(Unavailable):
    """The database cannot be reached, or cannot commit the write."""

    cause = "database"


class ImageStoreUnavailable(Unavailable):
    """The image store cannot be reached."""

    cause = "image_store"


class ForgeUnavailable(ApiError):
    """The code forge cannot be reached, or rejects our request."""
