"""Reference (c): mapped classes of the tables, and Pydantic models of the document's schemas."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, create_model, model_validator
from pydantic.alias_generators import to_camel
from sqlalchemy.orm import DeclarativeBase, relationship

from bench.references.records import SCHEMAS, members, resolved, snake, translated
from core import clock
from storage.schema import tables


class Base(DeclarativeBase):
    """Declarative classes with imperative tables: every column is mapped, whatever it is."""

    metadata = tables.metadata


class Account(Base):
    """An account: only what the operations need, so that its own texts are never decrypted."""

    __table__ = tables.accounts
    __mapper_args__ = {"include_properties": ["id", "uuid", "role", "status", "consent", "epoch"]}  # noqa: RUF012


class ApiKey(Base):
    """An API key, without what only its list shows."""

    __table__ = tables.apikeys
    __mapper_args__ = {"exclude_properties": ["revoked_reason", "quotas"]}  # noqa: RUF012
    owner = relationship(Account)


class MeasurementsSet(Base):
    """A measurement set."""

    __table__ = tables.sets
    owner = relationship(Account)
    user_uuid = property(lambda self: self.owner.uuid)


class CuratedSet(Base):
    """A curated set."""

    __table__ = tables.curated_sets


class Pattern(Base):
    """A pattern."""

    __table__ = tables.patterns
    owner = relationship(Account)
    set = relationship(MeasurementsSet)
    cset = relationship(CuratedSet)
    user_uuid = property(lambda self: self.owner.uuid)


class Schema(BaseModel):
    """A model with camelCase members, made of rows."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, from_attributes=True)


def _known(measies: dict[str, float | None]) -> dict[str, float | None]:
    """Return the known measurements; a value that is not a length clears one."""
    return {name: value if value and value > 0 else None for name, value in measies.items() if name in MEASUREMENTS}


def _with_texts(row: Any) -> Any:
    """Return a curated set with its texts as members of their own."""
    if isinstance(row, dict):
        return row
    columns = {column.name: getattr(row, column.name) for column in tables.curated_sets.c}
    return columns | {snake(member): text for member, text in translated(row.texts).items()}


MEASUREMENTS = frozenset(SCHEMAS["Measurements"]["properties"])
# The types of members, by schema, else by format or type. Milliseconds and `Z`, where Pydantic writes microseconds.
KINDS: dict[Any, Any] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict[str, Any],
    "array": list[Any],
    "uuid": UUID,
    "date-time": Annotated[datetime, PlainSerializer(clock.iso, return_type=str)],
    "Measurements": dict[str, float],
    **dict.fromkeys(
        ("MeasurementsInput", "MeasurementsChange"), Annotated[dict[str, float | None], AfterValidator(_known)]
    ),
}
BOUNDS = ("minLength", "maxLength", "pattern")
VALIDATORS: Any = {"CuratedSet": {"with_texts": model_validator(mode="before")(_with_texts)}}


def _kind(schema: dict[str, Any], *, checked: bool) -> Any:
    """Return the type of a member. The texts in requests are checked."""
    if "oneOf" in schema:
        return _kind(schema["oneOf"][0], checked=checked) | None
    name, target = schema.get("$ref", "").rpartition("/")[2], resolved(schema)
    kind = KINDS.get(name) or KINDS.get(target.get("format")) or KINDS[target.get("type", "string")]
    if checked and kind is str:
        kind = Annotated[str, Field(**{snake(word): target[word] for word in BOUNDS if word in target})]
    return kind | None if target.get("nullable") else kind


def _model(name: str, *, checked: bool = False) -> Any:
    """Return the model of a schema of the document; in those of requests a member may be left out."""
    required = SCHEMAS[name].get("required", ()) if checked else members(name)
    fields = {}
    for member, schema in members(name).items():
        kind = _kind(schema, checked=checked)
        fields[snake(member)] = (kind, ...) if member in required else (kind | None, None)
    return create_model(name, __base__=Schema, __validators__=VALIDATORS.get(name), **fields)  # type: ignore[call-overload]


# In this order: a pattern has sets, a key has its calls.
for _name in ("MeasurementsSet", "CuratedSet", "Pattern", "KeyCalls", "ApiKeySelf"):
    KINDS[_name] = _model(_name)
SetCreate, SetUpdate = (_model(f"MeasurementsSet{name}", checked=True) for name in ("Create", "Update"))


def reply(name: str, kind: Any) -> Any:
    """Return the model of a response with this member."""
    content: Any = {"result": (str, "success"), name: (kind, ...)}
    return create_model(f"{name}_reply", __base__=Schema, **content)


def reply_with_list(name: str, of: str) -> Any:
    """Return the model of a response with records of this schema."""
    return reply(name, list.__class_getitem__(KINDS[of]))
