"""JSON of alarms."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, Field

from fleet.alerts import texts
from fleet.alerts.service import Shown


class AlarmOut(BaseModel):
    """An alarm. `what` and `todo` are in the language of the request."""

    id: str
    rule: str
    severity: Literal["critical", "warning", "info"]
    state: Literal["firing", "resolved"]
    scope: Literal["room", "uplink", "unit"]
    room_id: str | None
    room: str
    unit_id: str | None
    unit: str
    subject: str
    value: str
    title: str
    what: str
    todo: str
    flapping: bool
    count: int
    since: datetime
    fired_at: datetime
    acknowledged_at: datetime | None
    silenced_until: datetime | None
    resolved_at: datetime | None
    explained_by: str | None

    @classmethod
    def of(cls, shown: Shown) -> Self:
        """From a row with its names."""
        one = shown.alarm
        return cls.model_validate(
            {
                **{name: getattr(one, name) for name in cls.model_fields if hasattr(one, name)},
                "room": shown.room,
                "unit": shown.unit,
                "title": texts.title(one.text, one.rule),
                "what": texts.what(one.text, one.subject, one.what),
                "todo": texts.todo(one.text, one.todo),
                "explained_by": one.masked_by,
            }
        )


class AlarmsOut(BaseModel):
    """A page of alarms; `total` is how many fit the filters."""

    total: int
    alarms: list[AlarmOut]


class SilenceIn(BaseModel):
    """Until when nobody is told."""

    until: Annotated[AwareDatetime, Field(description="ISO 8601 with an offset")]
