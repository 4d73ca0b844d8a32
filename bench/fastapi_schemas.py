"""Reference (c): requests and replies as Pydantic models, by the names that clients know."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from bench.fastapi_models import CuratedSet as CuratedSetRow
from core import clock, document

MEASUREMENTS = frozenset(document.load()["components"]["schemas"]["Measurements"]["properties"])
MOST = 100_000


def _known(measies: dict[str, float | None]) -> dict[str, float | None]:
    """The measurements that there are, in their bounds; what is no length clears one."""
    return {
        name: value if value and value > 0 else None
        for name, value in measies.items()
        if name in MEASUREMENTS and (value is None or value <= MOST)
    }


# Milliseconds and `Z`, where Pydantic writes microseconds.
Moment = Annotated[datetime, PlainSerializer(clock.iso, return_type=str)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
Notes = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]
Measurements = Annotated[dict[str, float | None], AfterValidator(_known)]


class Schema(BaseModel):
    """camelCase on the wire, rows of the database accepted."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, from_attributes=True)


class SetCreate(Schema):
    """A new set."""

    name: Name
    notes: Notes = "--"
    measies: Measurements = Field(default_factory=dict)
    imperial: bool = False
    public: bool = False


class SetUpdate(Schema):
    """What to change of a set."""

    name: Name = ""
    notes: Notes = ""
    measies: Measurements = Field(default_factory=dict)
    imperial: bool = False
    public: bool = False


class Numbered(Schema):
    """What has a number, a UUID and two moments."""

    id: int
    uuid: UUID
    created_at: Moment
    updated_at: Moment


class MeasurementsSet(Numbered):
    """A set."""

    img: str
    imperial: bool
    name: str
    notes: str
    user_id: int
    user_uuid: UUID
    measies: dict[str, float]
    public: bool


class CuratedSet(Numbered):
    """A published set, with its texts in six languages."""

    height: int | None
    img: str
    published: bool
    name_de: str = ""
    name_en: str = ""
    name_es: str = ""
    name_fr: str = ""
    name_nl: str = ""
    name_uk: str = ""
    notes_de: str = ""
    notes_en: str = ""
    notes_es: str = ""
    notes_fr: str = ""
    notes_nl: str = ""
    notes_uk: str = ""
    tags_de: list[str] = []
    tags_en: list[str] = []
    tags_es: list[str] = []
    tags_fr: list[str] = []
    tags_nl: list[str] = []
    tags_uk: list[str] = []
    measies: dict[str, float]

    @model_validator(mode="before")
    @classmethod
    def _with_texts(cls, row: Any) -> Any:
        """A row's texts as members of their own."""
        if not isinstance(row, CuratedSetRow):
            return row
        names = ("id", "uuid", "created_at", "updated_at", "height", "img", "published", "measies")
        texts = {f"{part}_{language}": text for language, parts in row.texts.items() for part, text in parts.items()}
        return {**{name: getattr(row, name) for name in names}, **texts}


class Pattern(Numbered):
    """A pattern, with what it was drafted from."""

    data: dict[str, Any]
    design: str
    img: str
    name: str
    notes: str
    public: bool
    settings: dict[str, Any]
    set_id: int | None
    cset_id: int | None
    user_id: int
    user_uuid: UUID
    set: MeasurementsSet | None
    cset: CuratedSet | None


class Usage(Schema):
    """How often a key called."""

    today: int
    total: int


class ApiKey(Schema):
    """What a key is told of itself."""

    key: UUID
    level: int
    expires_at: Moment
    name: str
    user_id: int
    usage: Usage


class SetReply(Schema):
    """One set."""

    result: str = "success"
    set: MeasurementsSet


class CuratedSetReply(Schema):
    """One curated set."""

    result: str = "success"
    curated_set: CuratedSet


class CuratedSetsReply(Schema):
    """The published sets."""

    result: str = "success"
    curated_sets: list[CuratedSet]


class PatternsReply(Schema):
    """The caller's patterns."""

    result: str = "success"
    patterns: list[Pattern]


class ApiKeyReply(Schema):
    """The key that calls."""

    result: str = "success"
    apikey: ApiKey
