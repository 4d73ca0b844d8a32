"""The table of problem types: status, code and title of the response to each API error.

Clients match on the code, which is stable and listed in the document; title and detail are for people.
"""

from dataclasses import dataclass, field
from typing import Any

from core import errors


@dataclass(frozen=True, slots=True)
class ProblemType:
    """HTTP status, stable code and title of an API error, and the headers that each of its responses has."""

    status: int
    code: str
    title: str
    headers: dict[str, str] = field(default_factory=dict)
    # A registered URI; without one, `problem` builds the URL of the code in the documentation.
    type: str = ""


# draft-ietf-httpapi-ratelimit-headers-10, section 4
QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"
_LATER = {"Retry-After": "2"}

PROBLEM_TYPES: dict[type[errors.ApiError], ProblemType] = {
    errors.MalformedBody: ProblemType(400, "malformedBody", "The body is not valid JSON"),
    errors.ValidationFailed: ProblemType(400, "validationFailed", "The request is invalid"),
    errors.Refused: ProblemType(400, "validationFailed", "The request violates a rule of this operation"),
    errors.NotEnabled: ProblemType(400, "notEnabled", "This operation is not enabled"),
    errors.ImageInvalid: ProblemType(400, "imgInvalid", "The image cannot be used"),
    errors.FileInvalid: ProblemType(400, "fileInvalid", "The file cannot be read"),
    errors.UnitsMissing: ProblemType(400, "unitsMissing", "The unit of the measurements is unknown"),
    errors.Unauthorized: ProblemType(401, "unauthorized", "Credentials are missing or invalid"),
    errors.SignInFailed: ProblemType(401, "signInFailed", "Sign-in failed"),
    errors.AuthenticationFailed: ProblemType(401, "authenticationFailed", "Authentication failed"),
    errors.KeyExpired: ProblemType(401, "keyExpired", "The API key has expired"),
    errors.KeyRevoked: ProblemType(401, "keyRevoked", "The API key was revoked"),
    errors.InsufficientLevel: ProblemType(403, "insufficientAccessLevel", "The access level is too low"),
    errors.StorageFull: ProblemType(403, "storageQuotaExceeded", "The storage quota is exceeded"),
    errors.MfaTokenRequired: ProblemType(403, "mfaTokenRequired", "A one-time code is required"),
    errors.MfaTokenInvalid: ProblemType(403, "mfaTokenInvalid", "The one-time code is wrong"),
    errors.NoSuchRecord: ProblemType(404, "notFound", "Not found"),
    errors.NoSuchPath: ProblemType(404, "notFound", "Not found"),
    errors.MethodNotAllowed: ProblemType(405, "methodNotAllowed", "The path does not support this method"),
    errors.NotAcceptable: ProblemType(406, "notAcceptable", "No acceptable representation"),
    errors.BodyTooSlow: ProblemType(408, "bodyTooSlow", "The body arrived too slowly"),
    errors.SlugTaken: ProblemType(409, "slugTaken", "The slug is taken"),
    errors.ImageExists: ProblemType(409, "imageExists", "An image with this name exists"),
    errors.PreconditionFailed: ProblemType(412, "preconditionFailed", "The record has changed"),
    errors.RequestOpen: ProblemType(409, "requestOpen", "A request is already open"),
    errors.RequestDecided: ProblemType(409, "requestDecided", "The request is already decided"),
    errors.OwnAccount: ProblemType(409, "ownAccount", "Administrators cannot change their own account"),
    errors.AccountNotActive: ProblemType(409, "accountNotActive", "The account is not active"),
    errors.KeyNotActive: ProblemType(409, "keyNotActive", "The API key is not active"),
    errors.PreviousSecretActive: ProblemType(409, "previousSecretActive", "The API key still has a previous secret"),
    errors.KeyInUse: ProblemType(
        409, "idempotencyKeyInUse", "A request with this idempotency key is in progress", _LATER
    ),
    errors.ExportRunning: ProblemType(409, "exportRunning", "Another export is in progress", _LATER),
    errors.AnswerLost: ProblemType(409, "idempotencyAnswerLost", "The response to the first request is lost"),
    errors.BodyTooLarge: ProblemType(413, "bodyTooLarge", "The body is too large"),
    errors.UnsupportedMediaType: ProblemType(415, "unsupportedMediaType", "The media type is not supported"),
    errors.KeyReused: ProblemType(422, "idempotencyKeyReused", "The idempotency key was used for another request"),
    errors.QuotaExceeded: ProblemType(429, "quotaExceeded", "A quota is exceeded", type=QUOTA_EXCEEDED),
    errors.ConsentLacking: ProblemType(451, "consentLacking", "The account has not consented"),
    errors.ForgeUnavailable: ProblemType(502, "forgeUnavailable", "The code forge is unavailable"),
}
_UNAVAILABLE = ProblemType(503, "unavailable", "The service is temporarily unavailable", _LATER)
_TEMPORARY = (
    errors.Overloaded,
    errors.ConcurrentDeletion,
    errors.StorageUnavailable,
    errors.ImageStoreUnavailable,
)
PROBLEM_TYPES |= dict.fromkeys(_TEMPORARY, _UNAVAILABLE)

INTERNAL_ERROR = ProblemType(500, "internalError", "Internal error")


def problem(
    problem_type: ProblemType, *, code: str = "", detail: str, instance: str, base: str = ""
) -> dict[str, Any]:
    """Return the body of an error response: problem details (RFC 9457), `result` and `error`."""
    code = code or problem_type.code
    return {
        "result": "error",
        "error": code,
        "type": problem_type.type or f"{base}/docs/errors#{code}",
        "title": problem_type.title,
        "status": problem_type.status,
        "detail": detail or f"{problem_type.title}.",
        "instance": instance,
    }
