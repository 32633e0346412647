"""Tables of alarms: what is watched, what is wrong, by which rules, and who is told."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime, new_id
from fleet.db.paths import PathText

_BigId = BigInteger().with_variant(Integer, "sqlite")


class Signal(Base):
    """News for the alarms, appended in the transaction in which it became true.

    The next evaluation takes it, in order of `id`. `said` is what the alarm shows of it: see
    `fleet.alerts.signals`.
    """

    __tablename__ = "alarm_signal"

    id: Mapped[int] = mapped_column(_BigId, primary_key=True, autoincrement=True)
    rule: Mapped[str] = mapped_column(String(100))
    room_id: Mapped[str] = mapped_column(String(36))
    subject: Mapped[str] = mapped_column(String(100))
    bad: Mapped[bool]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    said: Mapped[dict[str, Any]] = mapped_column(JSON)


class Watch(Base):
    """What a rule knows of one subject: the state of `fleet.alerts.machine`.

    Attributes:
        place: a room's id; a unit's path; a unit's path, `|` and the name of an uplink.
        subject: a device or a track of the room; empty is the place itself.
        heard: the changes that count, the oldest first: pairs of ISO time and whether it is bad.
        due_at: when time alone may change it; null is never.
        parent: the watch that explains it, as `rule place`; empty is none.
        alarm_id: its open alarm.
    """

    __tablename__ = "alarm_watch"
    __table_args__ = (
        Index("ix_alarm_watch_due", "due_at"),
        Index("ix_alarm_watch_rule_state", "rule", "state"),
        Index("ix_alarm_watch_room", "room_id"),
    )

    rule: Mapped[str] = mapped_column(String(100), primary_key=True)
    place: Mapped[str] = mapped_column(String(250), primary_key=True)
    subject: Mapped[str] = mapped_column(String(100), primary_key=True)
    scope: Mapped[str] = mapped_column(String(16))
    room_id: Mapped[str | None] = mapped_column(String(36))
    path: Mapped[str] = mapped_column(PathText)
    state: Mapped[str] = mapped_column(String(16))
    heard: Mapped[list[Any]] = mapped_column(JSON)
    flapping: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    parent: Mapped[str] = mapped_column(String(400), default="")
    alarm_id: Mapped[str | None] = mapped_column(String(36))
    said: Mapped[dict[str, Any]] = mapped_column(JSON)


class Alarm(Base):
    """Something that needs a person: one episode, from when it fired to when it was over.

    Attributes:
        rule: see `fleet.alerts.rulebook`; an alarm that a room raised has `room.` before its name.
        scope: `room`, `uplink` or `unit`: what `room_id`, `unit_id` and `subject` name.
        text: key of its words, `fleet.alerts.texts`.
        what, todo: the room's own words, English, for a key that has none.
        severity: `critical`, `warning` or `info`.
        state: `firing` or `resolved`.
        since: when the cause began. `fired_at`: when that had lasted long enough.
        masked_by: the alarm that explains it; null is none.
        silenced_until: nobody is told of it until then.
        told_at: when people were last told, or it was decided that nobody is to be; before
            `resolved_at` until that, too, has been told.
        count: how many rooms a parent explains.
        open_key: rule, place and subject while it is open, so that there is only one.
    """

    __tablename__ = "alarm"
    __table_args__ = (
        Index("ix_alarm_state_path", "state", "path"),
        Index("ix_alarm_room", "room_id", "state"),
        Index("ix_alarm_fired", "fired_at", "id"),
        Index("ix_alarm_told", "told_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    rule: Mapped[str] = mapped_column(String(100))
    scope: Mapped[str] = mapped_column(String(16))
    room_id: Mapped[str | None] = mapped_column(String(36))
    unit_id: Mapped[str | None] = mapped_column(String(36))
    subject: Mapped[str] = mapped_column(String(100), default="")
    path: Mapped[str] = mapped_column(PathText)
    severity: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(100))
    what: Mapped[str] = mapped_column(Text, default="")
    todo: Mapped[str] = mapped_column(Text, default="")
    value: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), default="firing")
    flapping: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    fired_at: Mapped[datetime] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[str | None] = mapped_column(String(36))
    silenced_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    masked_by: Mapped[str | None] = mapped_column(String(36), index=True)
    count: Mapped[int] = mapped_column(default=1)
    open_key: Mapped[str | None] = mapped_column(String(500), unique=True)


class AlarmNote(Base):
    """What happened to an alarm, or what somebody wrote to it. `by` is a user's id, or `fleet`."""

    __tablename__ = "alarm_note"

    id: Mapped[int] = mapped_column(_BigId, primary_key=True, autoincrement=True)
    alarm_id: Mapped[str] = mapped_column(ForeignKey("alarm.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text, default="")


class AlarmRule(Base):
    """A change of a rule in the subtree of `path`, or a rule of its own there.

    `change` has the keys of `fleet.alerts.rulebook.Rule` that differ. The deepest path wins.
    """

    __tablename__ = "alarm_rule"

    path: Mapped[str] = mapped_column(PathText, primary_key=True)
    rule: Mapped[str] = mapped_column(String(100), primary_key=True)
    change: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_by: Mapped[str] = mapped_column(String(36))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Quiet(Base):
    """A stretch of time in which nobody is told (`silence`), or nothing fires (`maintenance`).

    Attributes:
        path: what it covers; `room_id` only that room; `rule` only that rule, empty is all.
        starts_at, ends_at: once, half-open; null is for good. With `weekdays`, within which the
            weekly window counts.
        weekdays: digits of the days, 0 is Monday; empty is once.
        from_minute, to_minute: of the day on the room's clock; past midnight if not larger.
    """

    __tablename__ = "alarm_quiet"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(16))
    path: Mapped[str] = mapped_column(PathText, index=True)
    room_id: Mapped[str | None] = mapped_column(String(36), index=True)
    rule: Mapped[str] = mapped_column(String(100), default="")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    weekdays: Mapped[str] = mapped_column(String(7), default="")
    from_minute: Mapped[int] = mapped_column(default=0)
    to_minute: Mapped[int] = mapped_column(default=0)
    why: Mapped[str] = mapped_column(Text, default="")
    made_by: Mapped[str] = mapped_column(String(36))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Subscription(Base):
    """Who is told of a unit's alarms: at once from a severity on, or by digest.

    `how` is `immediate`, `daily` or `weekly`.
    """

    __tablename__ = "alarm_subscription"

    user_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    path: Mapped[str] = mapped_column(PathText, primary_key=True)
    how: Mapped[str] = mapped_column(String(16), primary_key=True)
    severity: Mapped[str] = mapped_column(String(16), default="warning")


class Turn(Base):
    """One row, `alarms`: whoever evaluates holds it, so that one process does it at a time."""

    __tablename__ = "alarm_turn"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    checked: Mapped[dict[str, Any]] = mapped_column(JSON)
