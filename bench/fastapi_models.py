"""Reference (c): the tables as SQLAlchemy's documentation declares them, mapped classes with relationships.

The columns are those of the tables that the service made, with the same encryption. Of accounts, API keys and their
use only those are here that the measured operations need, so that an account's own texts are never decrypted.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from core import clock
from storage.schema.columns import PlainJson, UtcTime
from storage.schema.encryption import Encrypted, EncryptedJson


class Base(DeclarativeBase):
    """What all have in common."""

    type_annotation_map = {datetime: UtcTime}  # noqa: RUF012 (as in SQLAlchemy's documentation)


class Account(Base):
    """Who owns sets, patterns and keys."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID]
    role: Mapped[str]
    status: Mapped[int]
    consent: Mapped[int]
    epoch: Mapped[int]


class ApiKey(Base):
    """A key of an account's."""

    __tablename__ = "apikeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[UUID]
    user_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    level: Mapped[int]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    secret_hash: Mapped[str]
    name: Mapped[str] = mapped_column(Encrypted("apikeys.name"))
    calls: Mapped[int]
    owner: Mapped[Account] = relationship()


class DayOfUse(Base):
    """How often a key called an operation on a day."""

    __tablename__ = "usage_days"

    user_id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[int] = mapped_column(primary_key=True)
    calls: Mapped[int]


class Numbered(Base):
    """What has a number, a UUID and two moments."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(default=clock.new_uuid)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)


class MeasurementsSet(Numbered):
    """Somebody's measurements."""

    __tablename__ = "sets"

    user_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(Encrypted("sets.name"))
    notes: Mapped[str] = mapped_column(Encrypted("sets.notes"))
    img: Mapped[str] = mapped_column(Encrypted("sets.img"))
    measies: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("sets.measies"))
    imperial: Mapped[bool]
    public: Mapped[bool]
    owner: Mapped[Account] = relationship()

    @property
    def user_uuid(self) -> UUID:
        """The owner's."""
        return self.owner.uuid


class CuratedSet(Numbered):
    """Measurements that curators publish."""

    __tablename__ = "curated_sets"

    published: Mapped[bool]
    height: Mapped[int | None]
    img: Mapped[str]
    measies: Mapped[dict[str, Any]] = mapped_column(PlainJson)
    # {language: {name, notes, tags}}
    texts: Mapped[dict[str, Any]] = mapped_column(PlainJson)


class Pattern(Numbered):
    """A design with its settings, and what it was drafted from."""

    __tablename__ = "patterns"

    user_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    set_id: Mapped[int | None] = mapped_column(ForeignKey("sets.id"))
    cset_id: Mapped[int | None] = mapped_column(ForeignKey("curated_sets.id"))
    design: Mapped[str]
    name: Mapped[str] = mapped_column(Encrypted("patterns.name"))
    notes: Mapped[str] = mapped_column(Encrypted("patterns.notes"))
    img: Mapped[str] = mapped_column(Encrypted("patterns.img"))
    data: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("patterns.data"))
    settings: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("patterns.settings"))
    public: Mapped[bool]
    owner: Mapped[Account] = relationship()
    set: Mapped[MeasurementsSet | None] = relationship()
    cset: Mapped[CuratedSet | None] = relationship()

    @property
    def user_uuid(self) -> UUID:
        """The owner's."""
        return self.owner.uuid
