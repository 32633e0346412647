"""Tables of rooms, agents, claims, desired state, the rooms' history and their calls for help."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime, new_id
from fleet.db.paths import PathText


class Room(Base):
    """A classroom. `timezone` is an IANA name: its timetable is local time.

    Attributes:
        path: that of its unit, so that rooms of a subtree are found without the units.
        uplink: what connects it and others to the world, a switch or a line; empty is unknown.
        presence: of its agent, `none` while there is none.
        trouble: the worst severity of what is wrong in it, `warning` or `critical`, or empty.
        standing: see `classrooms.standing`.
    """

    __tablename__ = "room"
    __table_args__ = (
        Index("ix_room_path_name", "path", "name", "id"),
        Index("ix_room_name", "name", "id"),
        Index("ix_room_standing", "standing", "path"),
        Index("ix_room_unit_standing", "unit_id", "standing"),
        Index("ix_room_board", "path", "standing", "presence"),
        Index("ix_room_standing_name", "standing", "name", "id"),
        Index("ix_room_presence_name", "presence", "name", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    unit_id: Mapped[str] = mapped_column(ForeignKey("org_unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(PathText, default="", server_default="")
    uplink: Mapped[str] = mapped_column(String(100), default="", server_default="")
    presence: Mapped[str] = mapped_column(String(16), default="none", server_default="none")
    trouble: Mapped[str] = mapped_column(String(16), default="", server_default="")
    standing: Mapped[str] = mapped_column(String(16), default="none", server_default="none")


class Agent(Base):
    """The software on a classroom PC. Its id is the CN of its certificates and its topic.

    A room has at most one agent that is not revoked. Keys are PEM; the previous one stays good
    after a renewal, until the next. `serials` are the certificates it was given and that have not
    expired: hexadecimal serial → expiry, ISO 8601. `cut_at`: since when the broker, too, refuses
    a revoked agent.
    """

    __tablename__ = "agent"
    __table_args__ = (Index("ix_agent_version", "agent_version", "room_id"),)

    id: Mapped[str] = mapped_column(String(48), primary_key=True, default=new_id)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), index=True)
    public_key: Mapped[str] = mapped_column(Text)
    previous_key: Mapped[str | None] = mapped_column(Text)
    serials: Mapped[dict[str, str]] = mapped_column(JSON)
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    cut_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    presence: Mapped[str] = mapped_column(String(16), default="none")
    session: Mapped[int] = mapped_column(BigInteger, default=0)
    boot: Mapped[str] = mapped_column(String(64), default="")
    presence_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    clock_offset: Mapped[float | None]
    agent_version: Mapped[str] = mapped_column(String(64), default="")
    description: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class ClaimToken(Base):
    """Permission to enrol one PC in one room, once. `hash` is SHA-256 of the token, hexadecimal."""

    __tablename__ = "claim_token"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Desired(Base):
    """What the fleet wants of a room: `contract.messages.DesiredState` as JSON, whole.

    It is published when `published_version` differs from `version`.
    """

    __tablename__ = "desired"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[dict[str, Any]] = mapped_column(JSON)
    published_version: Mapped[int] = mapped_column(BigInteger, default=0)


class DesiredChange(Base):
    """Somebody wants something else of a room for one key: who, when, and instead of what.

    Attributes:
        version: of the desired state that it made.
        by: a user's id, or empty where the fleet itself did it.
        batch: what was changed in many rooms at once has one id.
    """

    __tablename__ = "desired_change"
    __table_args__ = (
        Index("ix_desired_change_room", "room_id", "key", "id"),
        Index("ix_desired_change_batch", "batch", "id"),
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"))
    key: Mapped[str] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(BigInteger)
    before: Mapped[Any] = mapped_column(JSON, nullable=True)
    after: Mapped[Any] = mapped_column(JSON, nullable=True)
    by: Mapped[str] = mapped_column(String(36), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    batch: Mapped[str | None] = mapped_column(String(36))


class Event(Base):
    """Something that happened in a room, as its agent told it. `time` is the room's."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_room_id_time", "room_id", "time"),)

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"))
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    type: Mapped[str] = mapped_column(String(100))
    time: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class HelpCall(Base):
    """Somebody in the room asks for a person; open until one says that it is answered.

    `message_id` is the id of the room's message, so that one call is one row. `answered_by` is a
    user's id.
    """

    __tablename__ = "help_call"
    __table_args__ = (UniqueConstraint("agent_id", "message_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), index=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    message_id: Mapped[str] = mapped_column(String(64))
    topic: Mapped[str] = mapped_column(String(16))
    lesson_id: Mapped[str | None] = mapped_column(String(64))
    called_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    answered_by: Mapped[str | None] = mapped_column(String(36))
