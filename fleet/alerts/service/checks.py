"""What nobody tells the alarms, and is looked for now and then: each check says what is bad now.

They also put right what was missed: an alarm of which the good news never came ends here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fleet import __version__
from fleet.alerts import check_repository as looked
from fleet.alerts import repository, signals
from fleet.alerts.rulebook import Rulebook
from fleet.alerts.service.parents import ROOM_DARK
from fleet.courses import service as courses
from fleet.db import Session
from fleet.devices import service as devices

_AROUND = timedelta(minutes=30)
_SILENT = timedelta(minutes=5)
"""Shorter silences are not even looked at."""
Bad = Mapping[tuple[str, str], Mapping[str, Any]]
"""Room and subject of what is bad, with what to show of it."""


@dataclass(frozen=True, slots=True)
class Check:
    """`find` says what is bad by a rule; it is asked every `seconds`."""

    rule: str
    seconds: float
    find: Callable[[Session, Rulebook, datetime], Bad]


def run(session: Session, now: datetime) -> None:
    """Ask the checks that are due; one process does it."""
    turn = repository.turn(session, now)
    book = Rulebook(repository.changes(session))
    checked = dict(turn.checked)
    for check in CHECKS:
        last = checked.get(check.rule)
        if last and now - datetime.fromisoformat(last) < timedelta(seconds=check.seconds):
            continue
        checked[check.rule] = now.isoformat()
        compare(session, check.rule, check.find(session, book, now), now)
    if "rooms" not in checked or now - datetime.fromisoformat(checked["rooms"]) >= _AROUND:
        checked["rooms"] = now.isoformat()
        _rooms_own(session, now)
    turn.checked = checked


def compare(session: Session, rule: str, bad: Bad, now: datetime) -> None:
    """Tell what became bad and what is good again."""
    known = repository.bad_subjects(session, rule)
    for (room, subject), said in bad.items():
        if (room, subject) not in known:
            signals.tell(session, rule, room, bad=True, at=now, now=now, subject=subject, **said)
    for room, subject in known - bad.keys():
        signals.tell(session, rule, room, bad=False, at=now, now=now, subject=subject)


def _dark(session: Session, _book: Rulebook, _now: datetime) -> Bad:
    return {(room, ""): {} for room in looked.lost_rooms(session)}


def _silent(session: Session, book: Rulebook, now: datetime) -> Bad:
    found = {}
    for room, path, seen in looked.unheard(session, now - _SILENT):
        rule = book.of("room-silent", path)
        minutes = (now - seen).total_seconds() / 60
        if rule and rule.threshold is not None and minutes > rule.threshold:
            found[room, ""] = {"value": f"{minutes:.0f} min"}
    return found


def _skewed(session: Session, book: Rulebook, _now: datetime) -> Bad:
    known = repository.bad_subjects(session, "clock-skew")
    found = {}
    for room, path, offset in looked.clock_offsets(session, least=0.1):
        rule = book.of("clock-skew", path)
        if rule is None or rule.threshold is None:
            continue
        back = rule.threshold if rule.clear is None else rule.clear
        if abs(offset) > (back if (room, "") in known else rule.threshold):
            found[room, ""] = {"value": f"{offset:+.1f} s"}
    return found


def _behind(session: Session, _book: Rulebook, _now: datetime) -> Bad:
    newest = version(__version__)
    return {
        (room, ""): {"value": said}
        for room, said in looked.versions(session)
        if said and version(said) < newest
    }


def _late(session: Session, book: Rulebook, now: datetime) -> Bad:
    found = {}
    for room, path, take, ends_at in looked.running_takes(session, now):
        rule = book.of("take-late", path)
        minutes = (now - ends_at).total_seconds() / 60
        if rule and rule.threshold is not None and minutes > rule.threshold:
            found[room, take] = {"value": f"{minutes:.0f} min"}
    return found


def _outside(session: Session, book: Rulebook, now: datetime) -> Bad:
    on = devices.on_since(session, now - timedelta(minutes=5))
    if not on:
        return {}
    places = repository.places(session, [room for room, _ in on])
    taught = courses.lessons_between(session, now - timedelta(hours=12), now + timedelta(hours=12))
    recording = looked.recording_rooms(session)
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for room, device in on:
        rule = book.of("outside-timetable", places[room].path) if room in places else None
        around = timedelta(minutes=rule.threshold or 0) if rule else timedelta(0)
        busy = room in recording or any(
            one.room_id == room and one.starts_at - around <= now < one.ends_at + around
            for one in taught
        )
        if rule is not None and not busy:
            found[room, device] = {}
    return found


def _rooms_own(session: Session, now: datetime) -> None:
    """What rooms do not say any more, as their PC was exchanged, ends; what was missed begins."""
    raised = {
        (f"room.{alarm}", room, subject) for room, subject, alarm in devices.raised_keys(session)
    }
    for rule, room, subject in repository.bad_of_rooms(session) - raised:
        signals.tell(session, rule, room, bad=False, at=now, now=now, subject=subject)


def version(text: str) -> tuple[int, ...]:
    """A version as numbers that compare; what is no number counts as 0."""
    return tuple(
        int(part) if part.isdecimal() else 0 for part in text.split("+", maxsplit=1)[0].split(".")
    )


CHECKS = (
    Check(ROOM_DARK, 30.0, _dark),
    Check("room-silent", 30.0, _silent),
    Check("clock-skew", 60.0, _skewed),
    Check("agent-behind", 3600.0, _behind),
    Check("take-late", 60.0, _late),
    Check("outside-timetable", 60.0, _outside),
)
