"""Orders in JSON."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from fleet.classrooms.models import Room
from fleet.desk.rooms.filters import Filters
from fleet.orders.models import OrderTarget
from fleet.orders.service import MOST_ROOMS, Asked, Seen

Text = Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")]
Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
State = Literal[
    "queued",
    "sent",
    "accepted",
    "progress",
    "done",
    "failed",
    "rejected",
    "expired",
    "unanswered",
    "cancelled",
]


class FilterIn(BaseModel):
    """Rooms by what they are; each that is given narrows. `text`: words of the name."""

    model_config = ConfigDict(extra="forbid")

    unit: Text = ""
    standing: Text = ""
    presence: Text = ""
    role: Text = ""
    profile: Text = ""
    version: Text = ""
    alarm: Text = ""
    text: Text = ""

    def filters(self) -> Filters:
        """The same, as lists of rooms have it."""
        return Filters(**self.model_dump())


class OrderIn(BaseModel):
    """An order: `rooms` by their ids, or by a `filter`; see the guide for names and `args`.

    `wait` and `force` are for what would interrupt a lesson: wait for its end, or do it at once.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=32)]
    args: dict[str, Any] = Field(default_factory=dict, max_length=20)
    rooms: Annotated[list[Id], Field(max_length=MOST_ROOMS)] | None = None
    filter: FilterIn | None = None
    seconds: Annotated[int, Field(ge=5, le=604_800)] | None = None
    wait: bool | None = None
    force: bool | None = None

    def asked(self) -> Asked:
        """As `orders.service` has it."""
        flags = {"wait": self.wait, "force": self.force}
        given = {name: value for name, value in flags.items() if value is not None}
        return Asked(self.name, {**self.args, **given}, self.seconds)


class TargetOut(BaseModel):
    """What became of an order in a room. `file`: the address of what it sent, or empty."""

    id: str
    room_id: str
    room: str
    state: State
    why: str
    result: dict[str, Any] | None
    sent_at: datetime | None
    answered_at: datetime | None
    again_id: str | None
    file: str

    @classmethod
    def of(cls, target: OrderTarget, room: Room) -> Self:
        """From the rows."""
        return cls(
            id=target.id,
            room_id=room.id,
            room=room.name,
            state=target.state,
            why=target.why,
            result=target.result,
            sent_at=target.sent_at,
            answered_at=target.answered_at,
            again_id=target.again_id,
            file=f"/api/v1/orders/{target.order_id}/targets/{target.id}/file"
            if target.file_key
            else "",
        )


class OrderOut(BaseModel):
    """An order. `counts`: in how many rooms, of those that one may see, it is in which state."""

    id: str
    name: str
    told: str
    args: dict[str, Any]
    by: str
    at: datetime
    not_after: datetime
    again_of: str | None
    ends: str | None
    counts: dict[State, int]

    @classmethod
    def of(cls, seen: Seen) -> Self:
        """From the row and its counts."""
        order = seen.order
        return cls(
            id=order.id,
            name=order.kind,
            told=order.name,
            args=order.args,
            by=order.by,
            at=order.at,
            not_after=order.not_after,
            again_of=order.again_of,
            ends=order.ends,
            counts=dict(seen.counts),
        )


class OrderPage(OrderOut):
    """An order with a page of its rooms, by name; `next` is `after` of the following page."""

    targets: list[TargetOut]
    next: str


class CancelledOut(BaseModel):
    """In how many rooms an order was withdrawn."""

    cancelled: int
