"""Reference (c): mapped classes of the tables, and Pydantic models of the document's schemas."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, conlist, create_model, model_validator
from pydantic.alias_generators import to_camel
from sqlalchemy.orm import DeclarativeBase, relationship

from bench.references.records import SCHEMAS, members, resolved, snake
from core import clock
from handlers.serializers.translations import members_of
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
    __table__ = tables.sets
    owner = relationship(Account)
    user_uuid = property(lambda self: self.owner.uuid)


class CuratedSet(Base):
    __table__ = tables.curated_sets


class Pattern(Base):
    __table__ = tables.patterns
    owner = relationship(Account)
    set = relationship(MeasurementsSet)
    cset = relationship(CuratedSet)
    user_uuid = property(lambda self: self.owner.uuid)


class Schema(BaseModel):
    """A model with camelCase members, made of rows."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, from_attributes=True)


def _with_texts(row: Any) -> Any:
    """Return a curated set with its texts as members of their own."""
    if isinstance(row, dict):
        return row
    columns = {column.name: getattr(row, column.name) for column in tables.curated_sets.c}
    return columns | {snake(member): text for member, text in members_of(row.texts).items()}


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
    "MeasurementsInput": dict[str, float | None],
    "MeasurementsChange": dict[str, float | None],
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


def _reply(name: str, kind: Any) -> Any:
    """Return the model of a response with this member."""
    content: Any = {"result": (str, "success"), name: (kind, ...)}
    return create_model(f"{name}_reply", __base__=Schema, **content)


SetReply, KeyReply = _reply("set", KINDS["MeasurementsSet"]), _reply("apikey", KINDS["ApiKeySelf"])
CuratedReply = _reply("curated_set", KINDS["CuratedSet"])
CuratedListReply = _reply("curated_sets", conlist(KINDS["CuratedSet"]))
PatternsReply = _reply("patterns", conlist(KINDS["Pattern"]))
