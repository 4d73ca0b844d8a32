"""Records as clients see them, from rows that were selected by hand; the order of columns is that of the tuples here.

What holds JSON is parsed and encoded anew, as ours does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from bench.raw_values import Cipher

NAME, NOTES, IMG, MEASIES = b"sets.name", b"sets.notes", b"sets.img", b"sets.measies"
KEY_NAME = b"apikeys.name"
PATTERN_NAME, PATTERN_NOTES, PATTERN_IMG = b"patterns.name", b"patterns.notes", b"patterns.img"
PATTERN_DATA, PATTERN_SETTINGS = b"patterns.data", b"patterns.settings"

SET_COLUMNS = (
    "s.id, s.uuid, s.created_at, s.updated_at, s.img, s.imperial, s.name, s.notes, s.user_id, o.uuid, s.measies,"
    " s.public"
)
CURATED_COLUMNS = "c.id, c.uuid, c.created_at, c.updated_at, c.height, c.img, c.published, c.texts, c.measies"
_PATTERN_COLUMNS = (
    "p.id, p.uuid, p.created_at, p.updated_at, p.data, p.design, p.img, p.name, p.notes, p.public, p.settings,"
    " p.set_id, p.cset_id, p.user_id, u.uuid"
)
# Where in a row of a pattern its set begins, and its curated set.
_SET, _CURATED = 15, 27

READ_SET = f"SELECT {SET_COLUMNS} FROM sets s JOIN accounts o ON o.id = s.user_id WHERE s.id = "
READ_CURATED = f"SELECT {CURATED_COLUMNS} FROM curated_sets c WHERE c.published AND c.id = "
LIST_CURATED = f"SELECT {CURATED_COLUMNS} FROM curated_sets c WHERE c.published ORDER BY c.id LIMIT 1000"
# One statement, where ours takes one for each table; by hand, both ways take the same time.
LIST_PATTERNS = (
    f"SELECT {_PATTERN_COLUMNS}, {SET_COLUMNS}, {CURATED_COLUMNS}"
    " FROM patterns p JOIN accounts u ON u.id = p.user_id"
    " LEFT JOIN sets s ON s.id = p.set_id LEFT JOIN accounts o ON o.id = s.user_id"
    " LEFT JOIN curated_sets c ON c.id = p.cset_id"
    " WHERE p.user_id = {user_id} ORDER BY p.id LIMIT 1000"
)

_LANGUAGES = ("de", "en", "es", "fr", "nl", "uk")
_NO_TEXTS: dict[str, Any] = {}
_TRANSLATIONS: list[tuple[str, str, str, Any]] = [
    (part + language.capitalize(), language, part, unset)
    for part, unset in (("name", ""), ("notes", ""), ("tags", []))
    for language in _LANGUAGES
]


@dataclass(frozen=True, slots=True)
class Shapes:
    """Rows in, what clients see out; `uuid` and `moment` write a value as the driver gives it."""

    cipher: Cipher
    uuid: Callable[[Any], str]
    moment: Callable[[Any], str]

    def measurements_set(self, row: Sequence[Any]) -> dict[str, Any]:
        """A row of `SET_COLUMNS`."""
        unlock = self.cipher.unlock
        return {
            "id": row[0],
            "uuid": self.uuid(row[1]),
            "createdAt": self.moment(row[2]),
            "updatedAt": self.moment(row[3]),
            "img": unlock(row[4], IMG).decode(),
            "imperial": bool(row[5]),
            "name": unlock(row[6], NAME).decode(),
            "notes": unlock(row[7], NOTES).decode(),
            "userId": row[8],
            "userUuid": self.uuid(row[9]),
            "measies": orjson.loads(unlock(row[10], MEASIES)),
            "public": bool(row[11]),
        }

    def curated_set(self, row: Sequence[Any]) -> dict[str, Any]:
        """A row of `CURATED_COLUMNS`."""
        texts = orjson.loads(row[7])
        return {
            "id": row[0],
            "uuid": self.uuid(row[1]),
            "createdAt": self.moment(row[2]),
            "updatedAt": self.moment(row[3]),
            "height": row[4],
            "img": row[5],
            "published": bool(row[6]),
            **{
                member: texts.get(language, _NO_TEXTS).get(part, unset)
                for member, language, part, unset in _TRANSLATIONS
            },
            "measies": orjson.loads(row[8]),
        }

    def patterns(self, rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """Rows of `LIST_PATTERNS`, for their owner; a set that several were drafted from is decrypted once."""
        sets: dict[int | None, dict[str, Any] | None] = {None: None}
        csets: dict[int | None, dict[str, Any] | None] = {None: None}
        shown = []
        for row in rows:
            set_id, cset_id, owner = row[11], row[12], row[13]
            if set_id not in sets:
                found = row[_SET:_CURATED]
                sets[set_id] = self.measurements_set(found) if found[11] or found[8] == owner else None
            if cset_id not in csets:
                found = row[_CURATED:]
                csets[cset_id] = self.curated_set(found) if found[6] else None
            shown.append({**self._pattern(row), "set": sets[set_id], "cset": csets[cset_id]})
        return shown

    def _pattern(self, row: Sequence[Any]) -> dict[str, Any]:
        unlock = self.cipher.unlock
        return {
            "id": row[0],
            "uuid": self.uuid(row[1]),
            "createdAt": self.moment(row[2]),
            "updatedAt": self.moment(row[3]),
            "data": orjson.loads(unlock(row[4], PATTERN_DATA)),
            "design": row[5],
            "img": unlock(row[6], PATTERN_IMG).decode(),
            "name": unlock(row[7], PATTERN_NAME).decode(),
            "notes": unlock(row[8], PATTERN_NOTES).decode(),
            "public": bool(row[9]),
            "settings": orjson.loads(unlock(row[10], PATTERN_SETTINGS)),
            "setId": row[11],
            "csetId": row[12],
            "userId": row[13],
            "userUuid": self.uuid(row[14]),
        }

    def api_key(self, row: Sequence[Any]) -> dict[str, Any]:
        """A row of key, level, expires_at, name, user_id, calls, and calls today."""
        return {
            "key": self.uuid(row[0]),
            "level": row[1],
            "expiresAt": self.moment(row[2]),
            "name": self.cipher.unlock(row[3], KEY_NAME).decode(),
            "userId": row[4],
            "usage": {"today": int(row[6]), "total": row[5]},
        }
