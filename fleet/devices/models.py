"""Tables of shadows, of devices and of what is wrong with them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime
from fleet.devices.order import Told


class Shadow(Base):
    """What a room reported last: its configuration, and an outcome for each desired key.

    `version` counts the room's reports within one `epoch` of its outbox.
    """

    __tablename__ = "shadow"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    epoch: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(BigInteger)
    applied_desired: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[dict[str, Any]] = mapped_column(JSON)
    outcomes: Mapped[dict[str, Any]] = mapped_column(JSON)
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Device(Base):
    """A device of a room: what it is, by the room's description, and its last known state.

    Either may come first. `role` is empty while the room describes no such device; `online` is
    None until the room has said; `since` is when it became so.
    """

    __tablename__ = "device"
    __table_args__ = (
        Index("ix_device_role", "role", "room_id"),
        Index("ix_device_profile", "profile", "room_id"),
    )

    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    role: Mapped[str] = mapped_column(String(16), default="")
    profile: Mapped[str] = mapped_column(String(63), default="")
    vendor: Mapped[str] = mapped_column(String(100), default="")
    online: Mapped[bool | None]
    power: Mapped[str] = mapped_column(String(16), default="unknown")
    why: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    epoch: Mapped[str] = mapped_column(String(64), default="")
    seq: Mapped[int] = mapped_column(BigInteger, default=0)

    @property
    def told(self) -> Told | None:
        """Where the message that its state is from stands."""
        return Told(self.agent_id, self.epoch, self.seq, self.since) if self.since else None


class RoomAlarm(Base):
    """An alarm of a room as it stands: raised, or over since `cleared_at`.

    What is over stays, so that an alarm that was raised before, and is heard of only now, is not
    raised again. `what` and `todo` are English; `text` is the key of the same in any language.
    """

    __tablename__ = "room_alarm"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(100), primary_key=True)
    alarm: Mapped[str] = mapped_column(String(100), primary_key=True)
    severity: Mapped[str] = mapped_column(String(16), default="")
    text: Mapped[str] = mapped_column(String(100), default="")
    what: Mapped[str] = mapped_column(Text, default="")
    todo: Mapped[str] = mapped_column(Text, default="")
    value: Mapped[str] = mapped_column(Text, default="")
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    epoch: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column(BigInteger)

    @property
    def told(self) -> Told:
        """Where the message that it is from stands."""
        return Told(self.agent_id, self.epoch, self.seq, self.cleared_at or self.raised_at)
