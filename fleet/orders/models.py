"""Tables of orders and of what becomes of them in each room."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime, new_id


class RoomOrder(Base):
    """One order to one room or to a thousand, as somebody gave it.

    Attributes:
        kind: what people call it, see `orders.catalogue`.
        name, args: what the rooms are told, `contract.messages.Order`.
        by: a user's id.
        again_of: the order whose failures this one tries again.
        ends: the order that this one ends: an emergency message.
    """

    __tablename__ = "room_order"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(32))
    args: Mapped[dict[str, Any]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(36))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    not_after: Mapped[datetime] = mapped_column(UtcDateTime)
    again_of: Mapped[str | None] = mapped_column(ForeignKey("room_order.id"))
    ends: Mapped[str | None] = mapped_column(ForeignKey("room_order.id"), index=True)


class OrderTarget(Base):
    """An order in one room; its id is the id of the message, by which the room tells orders apart.

    Attributes:
        via_room_id: the room whose agent gets it, where that is another one: to wake a PC.
        args: what is told this room alone, besides the order's.
        agent_id: whom it was sent to, and whose replies count.
        state: see `orders.rules`.
        said, said_at, said_seq: phase, time and number of the reply that holds; the room's.
        claimed_until: a process is sending it; past that, another one may.
        again_id: the order that tried again what failed here.
        file_key, file_type, file_bytes: the file that the room sent, in the file store.
    """

    __tablename__ = "order_target"
    __table_args__ = (
        Index("ix_order_target_due", "state", "at", "id"),
        Index("ix_order_target_late", "state", "not_after"),
        Index("ix_order_target_order", "order_id", "state", "id"),
        Index("ix_order_target_room", "room_id", "at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    order_id: Mapped[str] = mapped_column(ForeignKey("room_order.id"))
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"))
    via_room_id: Mapped[str | None] = mapped_column(ForeignKey("room.id"))
    args: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agent.id"))
    state: Mapped[str] = mapped_column(String(16))
    why: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    not_after: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    said: Mapped[str] = mapped_column(String(16), default="")
    said_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    said_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    again_id: Mapped[str | None] = mapped_column(String(36))
    file_key: Mapped[str] = mapped_column(String(200), default="")
    file_type: Mapped[str] = mapped_column(String(32), default="")
    file_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
