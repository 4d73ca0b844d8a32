"""Each code that the document states beside a schema comes out, and a refusal says where and what, and no more."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

import document
from tests.problems import problem
from tests.service import IMPORT_TOKEN, Person

pytestmark = pytest.mark.parametrize("service", ["sqlite"], indirect=True)

ABSENT = object()
Stated = tuple[str, str, str, str]

# For each operation a body that is right.
GOOD: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sign_up": ("POST", "/signup", {"email": "new@example.org", "language": "en"}),
    "confirm_sign_up": ("POST", f"/confirm/signup/{uuid4()}", {"consent": 1}),
    "sign_in": ("POST", "/signin", {"username": "nobody", "password": "x"}),
    "request_sign_in_link": ("POST", "/signinlink", {"username": "nobody"}),
    "sign_in_by_link": ("POST", f"/signinlink/{uuid4()}", {"check": "0" * 40}),
    "give_consent": ("PATCH", "/consent", {"consent": 2}),
    "create_api_key": ("POST", "/apikeys", {"name": "a", "level": 1, "expiresIn": 60}),
    "create_set": ("POST", "/sets", {"name": "a"}),
    "update_set": ("PATCH", "/sets/1", {}),
    "create_curated_set": ("POST", "/curated-sets", {"nameEn": "a"}),
    "update_curated_set": ("PATCH", "/curated-sets/1", {}),
    "clone_curated_set": ("POST", "/curated-sets/1/clone", {"language": "en"}),
    "suggest_curated_set": ("POST", "/curated-sets/suggest", {"set": 1}),
    "create_option_pack": ("POST", "/option-packs", {"nameEn": "a", "design": "a"}),
    "update_option_pack": ("PATCH", "/option-packs/1", {}),
    "suggest_option_pack": ("POST", "/option-packs/suggest", {"design": "a"}),
    "create_pattern": ("POST", "/patterns", {"design": "aaron", "settings": {}}),
    "update_pattern": ("PATCH", "/patterns/1", {}),
    "create_bookmark": ("POST", "/bookmarks", {"type": "doc", "title": "a", "url": "/"}),
    "update_bookmark": ("PATCH", "/bookmarks/1", {}),
    "update_account": ("PATCH", "/account", {}),
    "configure_mfa": ("POST", "/account/mfa", {"mfa": False, "token": "123456", "password": "x"}),
    "check_username": ("POST", "/available/username", {"username": "a"}),
    "import_subscribers": ("POST", "/import/subscribers", {"import_token": IMPORT_TOKEN, "list": {}}),
    "import_users": ("POST", "/import/user", {"import_token": IMPORT_TOKEN, "list": []}),
    "migrate_account": (
        "POST",
        "/migrate",
        {"import_token": IMPORT_TOKEN, "password": "x", "account": {"email": "a@example.org"}},
    ),
    "search_users": ("POST", "/admin/search/users", {"q": "a"}),
    "set_quota": (
        "PUT",
        "/admin/quotas",
        {"user": 1, "policy": "account-day", "quota": 1, "reason": "a", "until": "2100-01-01T00:00:00.000Z"},
    ),
    "decide_quota_request": ("PATCH", f"/admin/quota-requests/{uuid4()}", {"state": "declined", "answer": "a"}),
    "create_quota_request": (
        "POST",
        "/quota-requests",
        {"policy": "account-day", "quota": 1, "purpose": "a", "days": 1},
    ),
    "open_post": ("POST", "/flows/pr/blog", {"slug": "a", "markdown": "# A", "language": "en"}),
    "create_issue": ("POST", "/issues", {"title": "a", "body": "b"}),
    "create_discussion": ("POST", "/discussions", {"title": "a", "body": "b"}),
    "upload_image": ("POST", "/images", {"type": "blog", "subId": "main", "slug": "a", "img": "AAAA"}),
    "find_users": ("POST", "/find/users", {"match": "a"}),
    "draw_social_image": ("POST", "/img", {"title": "a"}),
    "subscribe": ("POST", "/subscriber", {"email": "new@example.org", "language": "en"}),
    "confirm_subscription": ("PUT", "/subscriber", {"id": str(uuid4()), "ehash": "0" * 64}),
    "unsubscribe_v3": ("DELETE", "/subscriber", {"id": str(uuid4()), "ehash": "0" * 64}),
    "request_unsubscription": ("POST", "/subscriber/remove", {"email": "new@example.org"}),
    "invite_translator": ("POST", "/flows/translator-invite", {"language": "uk"}),
    "suggest_language": ("POST", "/flows/language-suggestion", {"language": "Esperanto"}),
}

# Operation, field ("" for the body itself), the keyword that fails, what is sent there, the code.
TABLE: list[tuple[str, str, str, Any, str]] = [
    ("sign_up", "", "body", {}, "postBodyMissing"),
    ("sign_up", "email", "required", ABSENT, "emailMissing"),
    ("sign_up", "email", "type", 5, "emailInvalid"),
    ("sign_up", "email", "type", ["a@example.org"], "emailInvalid"),
    ("sign_up", "email", "required", "", "emailMissing"),
    ("sign_up", "email", "minLength", "a@b", "emailInvalid"),
    ("sign_up", "email", "maxLength", "a@" + "b." * 130 + "org", "emailInvalid"),
    ("sign_up", "email", "pattern", "nobody at example.org", "emailInvalid"),
    ("sign_up", "email", "pattern", "a@example.org\n", "emailInvalid"),
    ("sign_up", "email", "pattern", "a@example.org\r\nBcc: b@example.org", "emailInvalid"),
    ("sign_up", "email", "pattern", "a@@example.org", "emailInvalid"),
    ("sign_up", "email", "pattern", "a@localhost", "emailInvalid"),
    ("sign_up", "email", "pattern", "a@example..org", "emailInvalid"),
    ("sign_up", "email", "pattern", "ä@example.org", "emailInvalid"),
    ("sign_up", "language", "required", ABSENT, "languageMissing"),
    ("sign_up", "language", "enum", "tlh", "unsupportedLanguage"),
    ("sign_up", "language", "enum", "EN", "unsupportedLanguage"),
    ("sign_up", "language", "type", 5, "unsupportedLanguage"),
    ("sign_up", "test", "type", "yes", "validationFailed"),
    ("sign_up", "role", "enum", "root", "validationFailed"),
    ("confirm_sign_up", "", "body", {}, "postBodyMissing"),
    ("confirm_sign_up", "consent", "required", ABSENT, "consentRequired"),
    ("confirm_sign_up", "consent", "default", 0, "consentRequired"),
    ("confirm_sign_up", "consent", "default", 4, "consentRequired"),
    ("confirm_sign_up", "consent", "default", "1", "consentRequired"),
    ("confirm_sign_up", "consent", "default", True, "consentRequired"),
    ("confirm_sign_up", "consent", "default", 1.0, "consentRequired"),
    ("confirm_sign_up", "check", "maxLength", "G" * 101, "validationFailed"),
    ("sign_in", "", "body", {}, "postBodyMissing"),
    ("sign_in", "username", "required", ABSENT, "usernameMissing"),
    ("sign_in", "username", "required", "", "usernameMissing"),
    ("sign_in", "username", "anyOf", 1.5, "validationFailed"),
    ("sign_in", "username", "anyOf", "a" * 255, "validationFailed"),
    ("sign_in", "password", "required", ABSENT, "passwordMissing"),
    ("sign_in", "password", "minLength", "", "passwordMissing"),
    ("sign_in", "password", "maxLength", "a" * 257, "validationFailed"),
    ("sign_in", "token", "anyOf", 123456, "validationFailed"),
    ("request_sign_in_link", "", "body", {}, "postBodyMissing"),
    ("request_sign_in_link", "username", "required", ABSENT, "usernameMissing"),
    ("request_sign_in_link", "username", "required", "", "usernameMissing"),
    ("sign_in_by_link", "", "body", {}, "postBodyMissing"),
    ("sign_in_by_link", "check", "required", ABSENT, "validationFailed"),
    ("create_issue", "", "body", {}, "postBodyMissing"),
    ("create_issue", "title", "required", ABSENT, "titleMissing"),
    ("create_issue", "title", "minLength", "", "titleMissing"),
    ("create_issue", "title", "type", 5, "validationFailed"),
    ("create_issue", "body", "required", ABSENT, "bodyMissing"),
    ("create_issue", "body", "minLength", "", "bodyMissing"),
    ("create_issue", "body", "type", 5, "validationFailed"),
    ("create_issue", "title", "pattern", "   ", "validationFailed"),
    ("create_issue", "title", "pattern", "a\nb", "validationFailed"),
    ("create_issue", "body", "maxLength", "a" * 60_001, "validationFailed"),
    ("create_discussion", "", "body", {}, "postBodyMissing"),
    ("create_discussion", "title", "required", ABSENT, "titleMissing"),
    ("create_discussion", "title", "minLength", "", "titleMissing"),
    ("create_discussion", "title", "type", 5, "validationFailed"),
    ("create_discussion", "body", "required", ABSENT, "bodyMissing"),
    ("create_discussion", "body", "minLength", "", "bodyMissing"),
    ("create_discussion", "body", "type", 5, "validationFailed"),
    ("create_discussion", "title", "pattern", "   ", "validationFailed"),
    ("create_discussion", "title", "pattern", "a\nb", "validationFailed"),
    ("create_discussion", "body", "maxLength", "a" * 60_001, "validationFailed"),
    ("open_post", "", "body", {}, "postBodyMissing"),
    ("open_post", "slug", "required", ABSENT, "slugMissing"),
    ("open_post", "slug", "minLength", "", "slugMissing"),
    ("open_post", "slug", "pattern", "../x", "validationFailed"),
    ("open_post", "slug", "pattern", "Post", "validationFailed"),
    ("open_post", "slug", "pattern", "a--b", "validationFailed"),
    ("open_post", "slug", "pattern", "a\n", "validationFailed"),
    ("open_post", "slug", "maxLength", "a" * 101, "validationFailed"),
    ("open_post", "markdown", "required", ABSENT, "markdownMissing"),
    ("open_post", "markdown", "minLength", "", "markdownMissing"),
    ("open_post", "language", "required", ABSENT, "languageMissing"),
    ("open_post", "language", "enum", "tlh", "unsupportedLanguage"),
    ("open_post", "language", "type", 5, "unsupportedLanguage"),
    ("upload_image", "", "body", {}, "postBodyMissing"),
    ("upload_image", "type", "required", ABSENT, "typeMissing"),
    ("upload_image", "type", "enum", "avatar", "typeInvalid"),
    ("upload_image", "type", "type", 5, "typeInvalid"),
    ("upload_image", "subId", "required", ABSENT, "subIdMissing"),
    ("upload_image", "subId", "default", "10", "subIdInvalid"),
    ("upload_image", "subId", "default", 0, "subIdInvalid"),
    ("upload_image", "slug", "required", ABSENT, "slugMissing"),
    ("upload_image", "slug", "minLength", "", "slugMissing"),
    ("upload_image", "slug", "pattern", "../../etc", "validationFailed"),
    ("upload_image", "", "anyOf", {"type": "blog", "subId": 1, "slug": "a"}, "imgOrUrlMissing"),
    ("upload_image", "img", "minLength", "", "imgOrUrlMissing"),
    ("upload_image", "img", "type", None, "imgOrUrlMissing"),
    ("upload_image", "url", "minLength", "", "imgOrUrlMissing"),
    ("upload_image", "url", "type", 5, "imgOrUrlMissing"),
    ("upload_image", "url", "pattern", "file:///etc/passwd", "validationFailed"),
    ("give_consent", "", "body", {}, "postBodyMissing"),
    ("give_consent", "consent", "required", ABSENT, "consentRequired"),
    ("give_consent", "consent", "default", -1, "consentRequired"),
    ("give_consent", "consent", "default", [], "consentRequired"),
    ("create_api_key", "", "body", {}, "postBodyMissing"),
    ("create_api_key", "name", "required", ABSENT, "nameMissing"),
    ("create_api_key", "name", "minLength", "", "nameMissing"),
    ("create_api_key", "name", "type", 5, "validationFailed"),
    ("create_api_key", "name", "maxLength", "a" * 201, "validationFailed"),
    ("create_api_key", "level", "required", ABSENT, "levelMissing"),
    ("create_api_key", "level", "type", "3", "levelNotNumeric"),
    ("create_api_key", "level", "type", 3.0, "levelNotNumeric"),
    ("create_api_key", "level", "type", 2.5, "levelNotNumeric"),
    ("create_api_key", "level", "type", True, "levelNotNumeric"),
    ("create_api_key", "level", "minimum", -1, "invalidLevel"),
    ("create_api_key", "level", "maximum", 10, "invalidLevel"),
    ("create_api_key", "level", "maximum", 10**4000, "invalidLevel"),
    ("create_api_key", "expiresIn", "required", ABSENT, "expiresInMissing"),
    ("create_api_key", "expiresIn", "type", "60", "expiresInNotNumeric"),
    ("create_api_key", "expiresIn", "type", 1e10, "expiresInNotNumeric"),
    ("create_api_key", "expiresIn", "maximum", 31_536_001, "expiresIsHigherThanMaximum"),
    ("create_api_key", "expiresIn", "maximum", 10**4000, "expiresIsHigherThanMaximum"),
    ("create_api_key", "expiresIn", "minimum", 0, "validationFailed"),
    ("create_api_key", "expiresIn", "minimum", -60, "validationFailed"),
    ("create_set", "", "body", {}, "nameMissing"),
    ("create_set", "name", "required", ABSENT, "nameMissing"),
    ("create_set", "name", "minLength", "", "nameMissing"),
    ("create_set", "name", "type", {"first": "a"}, "validationFailed"),
    ("create_set", "name", "maxLength", "a" * 501, "validationFailed"),
    ("create_set", "notes", "type", None, "validationFailed"),
    ("create_set", "notes", "maxLength", "a" * 20_001, "validationFailed"),
    ("create_set", "measies", "type", [], "validationFailed"),
    ("create_set", "measies", "type", None, "validationFailed"),
    ("create_set", "measies", "maxProperties", {str(name): 1 for name in range(201)}, "validationFailed"),
    ("create_set", "imperial", "type", 1, "validationFailed"),
    ("create_set", "public", "type", "true", "validationFailed"),
    ("create_set", "img", "type", 5, "validationFailed"),
    ("create_set", "img", "type", None, "validationFailed"),
    ("update_set", "name", "minLength", "", "nameMissing"),
    ("update_set", "name", "type", None, "validationFailed"),
    ("update_set", "public", "type", None, "validationFailed"),
    ("create_curated_set", "", "body", {}, "nameEnMissing"),
    ("create_curated_set", "nameEn", "required", ABSENT, "nameEnMissing"),
    ("create_curated_set", "nameEn", "minLength", "", "nameEnMissing"),
    ("create_curated_set", "nameEn", "type", 5, "validationFailed"),
    ("create_curated_set", "nameUk", "allOf", 5, "validationFailed"),
    ("create_curated_set", "tagsUk", "allOf", "a", "validationFailed"),
    ("create_curated_set", "height", "anyOf", "tall", "validationFailed"),
    ("update_curated_set", "nameEn", "minLength", "", "nameEnMissing"),
    ("clone_curated_set", "", "body", {}, "languageMissing"),
    ("clone_curated_set", "language", "required", ABSENT, "languageMissing"),
    ("clone_curated_set", "language", "enum", "tlh", "unsupportedLanguage"),
    ("clone_curated_set", "language", "type", 5, "unsupportedLanguage"),
    ("suggest_curated_set", "", "body", {}, "postBodyMissing"),
    ("suggest_curated_set", "set", "required", ABSENT, "setUnknown"),
    ("suggest_curated_set", "set", "default", 1.5, "setUnknown"),
    ("create_option_pack", "", "body", {}, "nameEnMissing"),
    ("create_option_pack", "nameEn", "required", ABSENT, "nameEnMissing"),
    ("create_option_pack", "nameEn", "minLength", "", "nameEnMissing"),
    ("create_option_pack", "design", "required", ABSENT, "designMissing"),
    ("create_option_pack", "design", "minLength", "", "designMissing"),
    ("create_option_pack", "options", "type", [], "validationFailed"),
    ("update_option_pack", "nameEn", "minLength", "", "nameEnMissing"),
    ("update_option_pack", "design", "minLength", "", "designMissing"),
    ("suggest_option_pack", "", "body", {}, "postBodyMissing"),
    ("suggest_option_pack", "design", "required", ABSENT, "designMissing"),
    ("suggest_option_pack", "design", "minLength", "", "designMissing"),
    ("create_pattern", "", "body", {}, "postBodyMissing"),
    ("create_pattern", "design", "required", ABSENT, "designMissing"),
    ("create_pattern", "design", "minLength", "", "designMissing"),
    ("create_pattern", "design", "type", 5, "designNotStringy"),
    ("create_pattern", "design", "type", ["aaron"], "designNotStringy"),
    ("create_pattern", "design", "pattern", "a\nb", "validationFailed"),
    ("create_pattern", "design", "maxLength", "a" * 101, "validationFailed"),
    ("create_pattern", "settings", "required", ABSENT, "settingsNotAnObject"),
    ("create_pattern", "settings", "required", None, "settingsNotAnObject"),
    ("create_pattern", "settings", "type", [], "settingsNotAnObject"),
    ("create_pattern", "settings", "type", "{}", "settingsNotAnObject"),
    ("create_pattern", "data", "type", None, "dataNotAnObject"),
    ("create_pattern", "data", "type", [], "dataNotAnObject"),
    ("create_pattern", "name", "type", 5, "validationFailed"),
    ("create_pattern", "notes", "pattern", "a\0", "validationFailed"),
    ("create_pattern", "public", "type", 1, "validationFailed"),
    ("create_pattern", "set", "anyOf", 1.5, "setUnknown"),
    ("create_pattern", "set", "anyOf", "mine", "setUnknown"),
    ("create_pattern", "set", "anyOf", {"name": "mine"}, "setUnknown"),
    ("create_pattern", "set", "anyOf", {"id": "mine"}, "setUnknown"),
    ("create_pattern", "set", "anyOf", 10**30, "setUnknown"),
    ("create_pattern", "cset", "anyOf", True, "csetUnknown"),
    ("create_pattern", "cset", "anyOf", [], "csetUnknown"),
    ("update_pattern", "settings", "type", None, "settingsNotAnObject"),
    ("update_pattern", "data", "type", "", "dataNotAnObject"),
    ("update_pattern", "public", "type", None, "validationFailed"),
    ("create_bookmark", "", "body", {}, "typeMissing"),
    ("create_bookmark", "type", "required", ABSENT, "typeMissing"),
    ("create_bookmark", "type", "required", "", "typeMissing"),
    ("create_bookmark", "type", "enum", "shop", "typeInvalid"),
    ("create_bookmark", "type", "type", 5, "typeInvalid"),
    ("create_bookmark", "title", "required", ABSENT, "titleMissing"),
    ("create_bookmark", "title", "minLength", "", "titleMissing"),
    ("create_bookmark", "title", "type", 5, "validationFailed"),
    ("create_bookmark", "title", "maxLength", "a" * 501, "validationFailed"),
    ("create_bookmark", "url", "required", ABSENT, "urlMissing"),
    ("create_bookmark", "url", "minLength", "", "urlMissing"),
    ("create_bookmark", "url", "pattern", "javascript:alert(1)", "validationFailed"),
    ("create_bookmark", "url", "pattern", " https://example.org", "validationFailed"),
    ("create_bookmark", "url", "pattern", "https://example.org/\n", "validationFailed"),
    ("create_bookmark", "url", "pattern", "example.org", "validationFailed"),
    ("create_bookmark", "url", "maxLength", "/" * 2_001, "validationFailed"),
    ("update_bookmark", "title", "minLength", "", "titleMissing"),
    ("update_bookmark", "url", "minLength", "", "urlMissing"),
    ("update_bookmark", "url", "pattern", "data:text/html,x", "validationFailed"),
    ("update_bookmark", "url", "type", None, "validationFailed"),
    ("update_account", "email", "type", None, "emailInvalid"),
    ("update_account", "email", "minLength", "", "emailInvalid"),
    ("update_account", "email", "maxLength", "a@" + "b." * 130 + "org", "emailInvalid"),
    ("update_account", "email", "pattern", "a@example.org,b@example.org", "emailInvalid"),
    ("update_account", "language", "type", None, "unsupportedLanguage"),
    ("update_account", "language", "enum", "", "unsupportedLanguage"),
    ("update_account", "bio", "type", None, "validationFailed"),
    ("update_account", "consent", "maximum", 4, "validationFailed"),
    ("update_account", "control", "minimum", 0, "validationFailed"),
    ("update_account", "control", "type", 1.0, "validationFailed"),
    ("update_account", "data", "type", None, "validationFailed"),
    ("update_account", "data", "maxProperties", {str(name): 1 for name in range(101)}, "validationFailed"),
    ("update_account", "password", "minLength", "", "validationFailed"),
    ("update_account", "confirm", "enum", "signup", "validationFailed"),
    ("update_account", "confirmation", "pattern", "x" * 36, "validationFailed"),
    ("configure_mfa", "", "body", {}, "invalidMfaSetting"),
    ("configure_mfa", "", "default", {"mfa": "on"}, "invalidMfaSetting"),
    ("configure_mfa", "", "default", {"mfa": 1}, "invalidMfaSetting"),
    ("configure_mfa", "", "default", {"mfa": None}, "invalidMfaSetting"),
    ("configure_mfa", "", "default", {"secret": "A" * 32}, "invalidMfaSetting"),
    ("configure_mfa", "token", "required", ABSENT, "mfaTokenMissing"),
    ("configure_mfa", "token", "minLength", "", "mfaTokenMissing"),
    ("configure_mfa", "token", "type", 123456, "invalidMfaSetting"),
    ("configure_mfa", "password", "required", ABSENT, "passwordMissing"),
    ("configure_mfa", "password", "minLength", "", "passwordMissing"),
    ("check_username", "", "body", {}, "usernameMissing"),
    ("check_username", "username", "required", ABSENT, "usernameMissing"),
    ("check_username", "username", "minLength", "", "usernameMissing"),
    ("check_username", "username", "type", ["a"], "validationFailed"),
    ("search_users", "", "body", {}, "postBodyMissing"),
    ("set_quota", "", "body", {}, "postBodyMissing"),
    ("decide_quota_request", "", "body", {}, "postBodyMissing"),
    ("create_quota_request", "", "body", {}, "postBodyMissing"),
    ("search_users", "q", "minLength", "", "validationFailed"),
    ("import_subscribers", "", "body", {}, "postBodyMissing"),
    ("import_subscribers", "list", "type", [], "validationFailed"),
    ("import_users", "", "body", {}, "postBodyMissing"),
    ("import_users", "list", "type", {}, "validationFailed"),
    ("migrate_account", "", "body", {}, "postBodyMissing"),
    ("migrate_account", "password", "required", ABSENT, "passwordMissing"),
    ("migrate_account", "password", "minLength", "", "passwordMissing"),
    ("migrate_account", "account", "type", [], "validationFailed"),
    ("find_users", "", "body", {}, "postBodyMissing"),
    ("find_users", "match", "required", ABSENT, "validationFailed"),
    ("find_users", "match", "minLength", "", "validationFailed"),
    ("find_users", "match", "type", None, "validationFailed"),
    ("draw_social_image", "", "body", {}, "postBodyMissing"),
    ("draw_social_image", "title", "required", ABSENT, "titleMissing"),
    ("draw_social_image", "title", "required", "", "titleMissing"),
    ("draw_social_image", "title", "required", None, "titleMissing"),
    ("draw_social_image", "title", "maxLength", "a" * 201, "validationFailed"),
    ("draw_social_image", "intro", "maxLength", "a" * 601, "validationFailed"),
    ("draw_social_image", "type", "maxLength", "a" * 41, "validationFailed"),
    ("draw_social_image", "site", "maxLength", "a" * 101, "validationFailed"),
    ("subscribe", "", "body", {}, "emailMissing"),
    ("subscribe", "email", "required", ABSENT, "emailMissing"),
    ("subscribe", "email", "required", "", "emailMissing"),
    ("subscribe", "email", "type", 5, "emailInvalid"),
    ("subscribe", "email", "minLength", "a@b", "emailInvalid"),
    ("subscribe", "email", "maxLength", "a@" + "b." * 130 + "org", "emailInvalid"),
    ("subscribe", "email", "pattern", "a@example.org\r\nBcc: b@example.org", "emailInvalid"),
    ("request_unsubscription", "", "body", {}, "emailMissing"),
    ("request_unsubscription", "email", "required", ABSENT, "emailMissing"),
    ("request_unsubscription", "email", "required", "", "emailMissing"),
    ("request_unsubscription", "email", "type", 5, "emailInvalid"),
    ("request_unsubscription", "email", "minLength", "a@b", "emailInvalid"),
    ("request_unsubscription", "email", "maxLength", "a@" + "b." * 130 + "org", "emailInvalid"),
    ("request_unsubscription", "email", "pattern", "a@example.org\r\nBcc: b@example.org", "emailInvalid"),
    ("subscribe", "language", "required", ABSENT, "languageMissing"),
    ("subscribe", "language", "type", 5, "unsupportedLanguage"),
    ("subscribe", "language", "minLength", "e", "unsupportedLanguage"),
    ("subscribe", "language", "maxLength", "eng", "unsupportedLanguage"),
    ("subscribe", "language", "pattern", "it", "unsupportedLanguage"),
    ("confirm_subscription", "", "body", {}, "idMissing"),
    ("confirm_subscription", "id", "required", ABSENT, "idMissing"),
    ("confirm_subscription", "id", "required", None, "idMissing"),
    ("confirm_subscription", "id", "minLength", "", "idMissing"),
    ("confirm_subscription", "id", "maxLength", "a" * 101, "validationFailed"),
    ("confirm_subscription", "id", "type", 5, "validationFailed"),
    ("confirm_subscription", "ehash", "required", ABSENT, "ehashMissing"),
    ("confirm_subscription", "ehash", "required", None, "ehashMissing"),
    ("confirm_subscription", "ehash", "minLength", "", "ehashMissing"),
    ("confirm_subscription", "ehash", "maxLength", "a" * 101, "validationFailed"),
    ("confirm_subscription", "ehash", "type", 5, "validationFailed"),
    ("unsubscribe_v3", "id", "minLength", "", "idMissing"),
    ("unsubscribe_v3", "id", "maxLength", "a" * 101, "validationFailed"),
    ("unsubscribe_v3", "id", "type", 5, "validationFailed"),
    ("unsubscribe_v3", "ehash", "minLength", "", "ehashMissing"),
    ("unsubscribe_v3", "ehash", "maxLength", "a" * 101, "validationFailed"),
    ("unsubscribe_v3", "ehash", "type", 5, "validationFailed"),
    ("invite_translator", "", "body", {}, "postBodyMissing"),
    ("invite_translator", "language", "required", ABSENT, "languageMissing"),
    ("invite_translator", "language", "required", "", "languageMissing"),
    ("invite_translator", "language", "default", "en", "languageInvalid"),
    ("invite_translator", "language", "default", 5, "languageInvalid"),
    ("suggest_language", "", "body", {}, "postBodyMissing"),
    ("suggest_language", "language", "required", ABSENT, "languageMissing"),
    ("suggest_language", "language", "minLength", "", "languageMissing"),
    ("suggest_language", "language", "maxLength", "a" * 101, "validationFailed"),
    ("suggest_language", "correspondence", "maxLength", "a" * 201, "validationFailed"),
    ("suggest_language", "comments", "maxLength", "a" * 5001, "validationFailed"),
    ("suggest_language", "comments", "type", ["a"], "validationFailed"),
]


def stated() -> Iterator[Stated]:
    """Every code that the document has beside a request body or a schema of one, and what brings it out."""
    for _, _, operation in document.operations(document.load()):
        if "requestBody" not in operation:
            continue
        name, body = operation["operationId"], operation["requestBody"]
        if "x-error-code" in body:
            yield name, "", "body", body["x-error-code"]
        whole = resolved(next(iter(body["content"].values()))["schema"])
        for schema in (whole, *map(resolved, whole.get("anyOf", ()))):
            for keyword, code in schema.get("x-error-codes", {}).items():
                yield name, "", keyword, code
            for field, member in schema.get("properties", {}).items():
                for keyword, code in resolved(member).get("x-error-codes", {}).items():
                    if keyword != "required" or field in schema.get("required", ()):
                        yield name, field, keyword, code


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    return document.load()["components"]["schemas"][reference.rsplit("/", 1)[1]] if reference else schema


def test_the_table_has_every_code_that_the_document_states(service: object) -> None:
    assert set(stated()) - {(name, field, keyword, code) for name, field, keyword, _, code in TABLE} == set()


@pytest.mark.parametrize(
    ("name", "field", "value", "code"),
    [(name, field, value, code) for name, field, _, value, code in TABLE],
    ids=[f"{name}-{field}-{keyword}-{code}" for name, field, keyword, _, code in TABLE],
)
def test_a_wrong_field_is_told_by_its_code_and_its_place(
    sender: Person, name: str, field: str, value: Any, code: str
) -> None:
    method, path, good = GOOD[name]
    body = good | {field: value} if field else value
    sent = {key: part for key, part in body.items() if part is not ABSENT}
    if value is ABSENT and not sent:
        sent = {"unknown": 1}
    before = sender.get("/account").json()["account"]
    told = problem(sender.request(method, path, json=sent), 400, code)
    assert [violation["pointer"] for violation in told["errors"]] == [f"/{field}" if field else ""]
    assert told["errors"][0]["in"] == "body"
    after = sender.get("/account").json()["account"]
    assert {**after, "jwtCalls": 0, "lastSeen": 0} == {**before, "jwtCalls": 0, "lastSeen": 0}


@pytest.mark.parametrize(
    ("name", "field", "code"),
    [
        ("sign_up", "email", "emailMissing"),
        ("sign_up", "language", "languageMissing"),
        ("confirm_sign_up", "consent", "consentRequired"),
        ("sign_in", "username", "usernameMissing"),
        ("sign_in", "password", "passwordMissing"),
        ("create_api_key", "name", "nameMissing"),
        ("create_api_key", "level", "levelMissing"),
        ("create_api_key", "expiresIn", "expiresInMissing"),
        ("create_set", "name", "nameMissing"),
        ("configure_mfa", "token", "mfaTokenMissing"),
    ],
)
def test_null_is_as_good_as_missing_where_something_must_be(sender: Person, name: str, field: str, code: str) -> None:
    method, path, good = GOOD[name]
    told = problem(sender.request(method, path, json={**good, field: None}), 400, code)
    assert told["errors"] == [{"in": "body", "pointer": f"/{field}", "detail": "is missing"}]


@pytest.mark.parametrize(
    ("sent", "code", "pointers"),
    [
        ({"expiresIn": {}, "level": [], "name": 7}, "validationFailed", ["/name", "/level", "/expiresIn"]),
        ({"expiresIn": 60, "level": 11, "name": ""}, "nameMissing", ["/name", "/level"]),
        ({"expiresIn": "x"}, "nameMissing", ["/name", "/level", "/expiresIn"]),
        ({"name": "a", "level": "x"}, "levelNotNumeric", ["/level", "/expiresIn"]),
        ({"name": "a", "level": 1, "expiresIn": 10**9, "zzz": []}, "expiresIsHigherThanMaximum", ["/expiresIn"]),
    ],
)
def test_of_several_faults_all_are_told_and_the_first_of_the_document_gives_the_code(
    sender: Person, sent: dict[str, Any], code: str, pointers: list[str]
) -> None:
    told = problem(sender.post("/apikeys", sent), 400, code)
    assert [violation["pointer"] for violation in told["errors"]] == pointers


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("plain", "/data/plain"),
        ("a/b", "/data/a~1b"),
        ("m~n", "/data/m~0n"),
        ("~1", "/data/~01"),
        (" é\n\0", "/data/ é\n\0"),
        ("~" * 500, "/data/" + "~0" * 100),
        ("x" * 100_000, "/data/" + "x" * 100),
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_a_place_further_in_is_a_json_pointer(sender: Person, name: str, pointer: str) -> None:
    told = problem(sender.patch("/account", {"data": {"good": 1, name: []}}), 400, "validationFailed")
    assert [violation["pointer"] for violation in told["errors"]] == [pointer]
    assert told["detail"] == "body /data: is not as documented"


CANARY = "canary-7f3a"


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/signup", {"email": CANARY, "language": CANARY, "role": CANARY, CANARY: CANARY}),
        ("POST", "/signin", {"username": [CANARY], "password": {CANARY: CANARY}, "token": [CANARY]}),
        ("POST", "/apikeys", {"name": [CANARY], "level": CANARY, "expiresIn": CANARY}),
        ("POST", "/sets", {"name": {CANARY: 1}, "measies": CANARY, "img": [CANARY], "public": CANARY}),
        ("PATCH", "/account", {"username": [CANARY], "data": {CANARY: [CANARY]}, "confirm": CANARY, "check": CANARY}),
        ("POST", "/account/mfa", {"mfa": CANARY, CANARY: CANARY}),
        ("POST", "/account/mfa", {"mfa": True, "secret": CANARY, "token": [CANARY]}),
        ("POST", f"/signinlink/{CANARY}", {"check": CANARY}),
        ("GET", f"/sets/{CANARY}", None),
        ("GET", f"/{CANARY}", None),
    ],
)
def test_a_refusal_repeats_neither_what_was_sent_nor_the_schema(
    sender: Person, method: str, path: str, sent: dict[str, Any] | None
) -> None:
    reply = sender.request(method, path, **({} if sent is None else {"json": sent}))
    told = problem(reply, reply.status_code, reply.json()["error"])
    details = [told["detail"], told["title"], *(violation["detail"] for violation in told.get("errors", ()))]
    assert reply.status_code in (400, 404)
    assert not any(CANARY in detail for detail in details)
    for text in ("x-error", "x00", "[A-Z", "$ref", "anyOf", "Traceback", "jsonschema", "None", "False", "True"):
        assert text not in reply.text


def test_a_syntax_error_is_told_by_its_place_alone(sender: Person) -> None:
    body = b'{"name":\n  ' + CANARY.encode() + b"}"
    reply = sender.service.http.post(
        "/sets", content=body, headers={"Authorization": sender.authorization, "Content-Type": "application/json"}
    )
    assert problem(reply, 400, "malformedBody")["detail"] == "The body is not JSON: line 2, column 3."


@pytest.mark.parametrize("value", [[], None, 1e300, "x" * 2_001, {}], ids=lambda value: ascii(value)[:10])
def test_a_body_that_is_wrong_in_tens_of_thousands_of_places_is_refused_at_once(
    sender: Person, value: object
) -> None:
    places = 4_000 if isinstance(value, str) else 45_000
    started = time.monotonic()
    told = problem(
        sender.patch("/account", {"data": {f"name{at}": value for at in range(places)}}), 400, "validationFailed"
    )
    # Collecting every fault took the library 15 seconds, during which nobody else was served.
    assert time.monotonic() - started < 5
    assert len(told["errors"]) == 1


def test_a_long_text_in_the_wrong_place_is_refused_at_once(sender: Person) -> None:
    started = time.monotonic()
    told = problem(sender.patch("/account", {"data": {"long": "x" * 11_900_000}}), 400, "validationFailed")
    assert time.monotonic() - started < 5
    assert len(json.dumps(told)) < 2_000
