"""JSON of the organisation."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from fleet.classrooms.models import Room
from fleet.orgs.models import OrgUnit, UnitKind


class UnitIn(BaseModel):
    """A unit to add below `parent_id`. Without a code it gets one made of its name."""

    model_config = ConfigDict(extra="forbid")

    parent_id: Annotated[str, Field(min_length=1, max_length=36)]
    kind: UnitKind
    name: Annotated[str, Field(min_length=1, max_length=200)]
    code: Annotated[str, Field(max_length=64)] = ""
    iso2: Annotated[str, Field(max_length=2)] = ""
    centre: Annotated[str, Field(max_length=200)] = ""
    language: Literal["", "ar", "zh", "en", "fr", "ru", "es"] = ""


class UnitOut(BaseModel):
    """A unit; `parent_id` is None for the top. `centre` is a country's national centre."""

    id: str
    parent_id: str | None
    kind: UnitKind
    name: str
    code: str
    iso2: str
    centre: str
    language: str

    @classmethod
    def of(cls, unit: OrgUnit) -> Self:
        """Of its row."""
        return cls(**{name: getattr(unit, name) for name in cls.model_fields})


class UnitsOut(BaseModel):
    """Some units by name; give `next` as `after` for those behind them, "" is the end."""

    units: list[UnitOut]
    next: str


class RoomOut(BaseModel):
    """A room. `standing` is working, risk, dark or none, `uplink` what connects it."""

    id: str
    unit_id: str
    name: str
    timezone: str
    uplink: str
    standing: str

    @classmethod
    def of(cls, room: Room) -> Self:
        """Of its row."""
        return cls(**{name: getattr(room, name) for name in cls.model_fields})


class RoomsOut(BaseModel):
    """Some rooms by name; give `next` as `after` for those behind them, "" is the end."""

    rooms: list[RoomOut]
    next: str
