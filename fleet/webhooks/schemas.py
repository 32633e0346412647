"""JSON of webhooks: what is posted to others, and the routes' own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

TYPE_PREFIX = "lectern.fleet."
"""Before an event's name, it is the `type` of its CloudEvent."""


class Data(BaseModel):
    """What an event is about; `room` and `unit` are ids."""

    model_config = ConfigDict(frozen=True)


class RoomData(Data):
    """Something about a room."""

    room: str = Field(description="Id of the room.")
    room_name: str
    unit: str = Field(description="Id of the unit it belongs to.")


class LessonData(RoomData):
    """A lesson."""

    lesson: str
    course: str = Field(description="Id of the course.")
    course_title: str
    title: str
    starts_at: datetime
    url: str = Field(description="The lesson's page.")


class PublishedData(LessonData):
    """A lesson that can be played."""

    revision: int
    duration: float = Field(description="Seconds.")


class FailedData(LessonData):
    """A lesson that could not be published."""

    revision: int
    error: str


class RecordingData(RoomData):
    """A take that has arrived whole."""

    take: str
    lesson: str | None = Field(description="Null while it is not clear which lesson it is of.")


class MissedData(RoomData):
    """A lesson that the room did not record."""

    lesson: str
    why: str


class AlarmData(Data):
    """An alarm of the fleet."""

    alarm: str
    rule: str
    severity: str
    subject: str = Field(description="The device or track; empty is the place itself.")
    room: str | None
    url: str = Field(description="The alarm's page.")


class PresenceData(RoomData):
    """A room whose PC came or went."""

    agent: str
    presence: str


class OrderData(RoomData):
    """An order that has come to its end in a room."""

    order: str
    kind: str
    state: str = Field(description="done, failed, rejected, expired or unanswered.")
    why: str
    url: str = Field(description="The order's page.")


class TestData(Data):
    """Nothing happened: somebody wants to see that events arrive."""

    webhook: str


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event: what it says, and when it is said."""

    data: type[Data]
    when: str


EVENTS: Mapping[str, EventKind] = {
    "lesson.published": EventKind(PublishedData, "A lesson, or a new revision, can be played."),
    "lesson.failed": EventKind(FailedData, "Publishing gave up; a person has to look."),
    "lesson.missed": EventKind(MissedData, "A room did not record a lesson it should have."),
    "recording.complete": EventKind(RecordingData, "The fleet holds all of a take."),
    "alarm.firing": EventKind(AlarmData, "Something needs a person."),
    "alarm.resolved": EventKind(AlarmData, "It is over."),
    "room.dark": EventKind(PresenceData, "A room's PC is not heard any more."),
    "room.back": EventKind(PresenceData, "It is heard again."),
    "order.finished": EventKind(OrderData, "An order has come to its end in a room."),
    "webhook.test": EventKind(TestData, "Somebody pressed Test; everybody gets it."),
}
"""By name. A new one is added here and in `handlers`; the documents follow."""
CHOOSABLE = tuple(name for name in EVENTS if name != "webhook.test")


def envelope(name: str, event_id: str, source: str, subject: str, time: datetime, data: Data) -> (
    dict[str, Any]
):  # fmt: skip
    """The CloudEvents 1.0 document that is posted."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": f"{TYPE_PREFIX}{name}",
        "subject": subject,
        "time": time.isoformat(),
        "datacontenttype": "application/json",
        "data": data.model_dump(mode="json"),
    }


def schema_of(name: str) -> dict[str, Any]:
    """JSON Schema of a posted document."""
    data = EVENTS[name].data.model_json_schema()
    definitions = data.pop("$defs", {})
    text = {"type": "string"}
    found: dict[str, Any] = {
        "title": f"{TYPE_PREFIX}{name}",
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**text, "description": "The same in every attempt: tell doubles by it."},
            "source": {**text, "description": "The fleet's address."},
            "type": {"const": f"{TYPE_PREFIX}{name}"},
            "subject": text,
            "time": {**text, "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "data": data,
        },
    }
    return {**found, "$defs": definitions} if definitions else found


Name = Annotated[str, Field(min_length=1, max_length=200)]
Url = Annotated[str, Field(min_length=8, max_length=2000)]


class WebhookIn(BaseModel):
    """A webhook to be added. Without a unit it is told of the whole organisation."""

    name: Name
    url: Url
    types: Annotated[list[str], Field(min_length=1, max_length=50)]
    unit_id: Annotated[str, Field(max_length=36)] | None = None


class WebhookChange(BaseModel):
    """What is to be different; what is absent stays."""

    name: Name | None = None
    url: Url | None = None
    types: Annotated[list[str], Field(min_length=1, max_length=50)] | None = None
    paused: bool | None = None


class WebhookOut(BaseModel):
    """A webhook, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    url: str
    types: list[str]
    paused: bool
    created_at: datetime


class WebhookMade(WebhookOut):
    """A webhook with its secret, which is not shown again."""

    secret: str


class SecretOut(BaseModel):
    """A new secret; the old one is good no more."""

    secret: str


class DeliveryOut(BaseModel):
    """One event on its way to one address; `why` is what went wrong the last time."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    state: str
    tries: int
    made_at: datetime
    next_at: datetime
    ended_at: datetime | None
    why: str


class Queued(BaseModel):
    """The id of a delivery."""

    id: str
