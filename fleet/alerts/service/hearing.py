"""What is news for the alarms, of all that rooms tell. Runs in the transaction of the ingest."""

import time
from datetime import datetime

from fleet.alerts import repository, signals
from fleet.alerts.rulebook import Rule, Rulebook
from fleet.alerts.service.parents import ROOM_DARK
from fleet.classrooms import service as classrooms
from fleet.classrooms.events import PresenceChanged, RoomChanged, RoomRemoved
from fleet.db import Session
from fleet.devices.events import AlarmChanged
from fleet.telemetry.events import ReadingsCame

_REMEMBERED_SECONDS = 10.0


def presence(session: Session, event: PresenceChanged, now: datetime) -> None:
    """A room's contact is lost, or is there again. Asleep or switched off is no trouble."""
    lost, was = event.presence == "lost", event.before == "lost"
    if lost or was:
        boot = repository.boot_of(session, event.agent_id)
        at, said = event.at, {"boot": boot} if boot else {}
        signals.tell(session, ROOM_DARK, event.room_id, bad=lost, at=at, now=now, **said)


def room_alarm(session: Session, event: AlarmChanged, now: datetime) -> None:
    """What a room has raised itself."""
    signals.tell(
        session,
        f"room.{event.alarm}",
        event.room_id,
        bad=event.raised,
        at=event.at,
        now=now,
        subject=event.subject,
        **event.shown,
    )


def source(
    session: Session, room_id: str, track: str, at: datetime, why: str | None, now: datetime
) -> None:
    """A source of a recording gives nothing (`why`), or is there again, or needed no more."""
    known = ("source-lost", track) in repository.open_keys(session, room_id)
    if why is None and not known and not repository.told(session, "source-lost", room_id, track):
        return
    said = {"what": why} if why else {}
    bad = why is not None
    signals.tell(session, "source-lost", room_id, bad=bad, at=at, now=now, subject=track, **said)


class Readings:
    """Judges readings by the rules; only what changes something becomes a signal.

    The changes of rules are read anew every few seconds: a rule that was just changed may judge
    a report or two as before.
    """

    def __init__(self) -> None:
        self._book = Rulebook()
        self._until = float("-inf")

    def came(self, session: Session, event: ReadingsCame, now: datetime) -> None:
        """Judge a report."""
        room = classrooms.room(session, event.room_id)
        rules = self._rules(session).readings(room.path)
        points = {one.point for one in rules}
        if not any(one.point in points for one in event.points):
            return
        known = repository.open_keys(session, event.room_id)
        for point in event.points:
            for rule in rules:
                if rule.point != point.point or rule.device not in ("", point.device):
                    continue
                if rule.unit and point.unit and point.unit != rule.unit:
                    continue  # 70 GB are not fewer than 5,000,000,000 B
                bad = rule.judge(point.value)
                state = known.get((rule.rule, point.device))
                if bad is None or bad is (state in ("pending", "firing")):
                    continue  # nothing new
                value = shown(point.value, rule)
                signals.tell(
                    session,
                    rule.rule,
                    event.room_id,
                    bad=bad,
                    at=point.at,
                    now=now,
                    subject=point.device,
                    value=value,
                    number=point.value,
                )

    def _rules(self, session: Session) -> Rulebook:
        if time.monotonic() >= self._until:
            self._book = Rulebook(repository.changes(session))
            self._until = time.monotonic() + _REMEMBERED_SECONDS
        return self._book


def room_changed(session: Session, event: RoomChanged, now: datetime) -> None:
    """A room that belongs to another unit takes its alarms along: other people see to them."""
    if event.path != event.before:
        repository.move_room(session, event.room_id, event.path, now)


def room_removed(session: Session, event: RoomRemoved) -> None:
    """A room that goes is watched no longer."""
    repository.forget_room(session, event.room_id)


def shown(value: float, rule: Rule) -> str:
    """A reading for people, with its unit; bytes in gigabytes."""
    if rule.unit == "B":
        return f"{value / 1e9:.1f} GB"
    return f"{value:g} {rule.unit}".strip()
