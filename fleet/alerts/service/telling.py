"""Telling people: a mail at once to who wants that, and digests in the morning.

What was silenced is told when the silence ends and it is still there; what somebody sees to
already, or was over before anybody could be told, is told nobody. Who was mailed that something
began is mailed once more when it is over; not in a silence or in maintenance, which end alarms
that may not be over.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fleet.alerts import alarm_repository, place_repository, quiet, repository
from fleet.alerts.models import Alarm, AlarmNote, Subscription
from fleet.alerts.rulebook import SEVERITIES
from fleet.alerts.service import mails
from fleet.alerts.service.look import Shown, shown
from fleet.auth import rules
from fleet.auth import service as auth
from fleet.auth.models import User
from fleet.db import Session
from fleet.notices import service as notices
from fleet.web import language

DIGEST_HOUR = 7
"""By the clock of the unit's rooms."""

_STILL_NEWS = timedelta(days=1)
"""What is over for longer is not told any more, as after a long stop of the fleet."""

MAILED = "mailed"
"""The kind of note that says who was mailed that an alarm began."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """Somebody to be told, in which language."""

    user: User
    speaks: str


def tell(session: Session, now: datetime, url: str) -> int:
    """Mail what fires, or is over, and has not been told; `url` is the fleet's. How many mails."""
    return _tell_fired(session, now, url) + _tell_over(session, now, url)


def _tell_fired(session: Session, now: datetime, url: str) -> int:
    untold = [one for one in alarm_repository.untold(session) if not _hushed(one, now)]
    if not untold:
        return 0
    windows = repository.windows(session, now)
    found = [one for one in shown(session, untold) if not _silent(windows, one, now)]
    wanted = repository.subscriptions(session, "immediate")
    readers = _readers(session, wanted)
    mine: dict[str, list[Shown]] = defaultdict(list)
    for one in found:
        one.alarm.told_at = now
        if one.alarm.acknowledged_at is not None:
            continue
        for user_id in sorted({w.user_id for w in wanted if _wants(w, one.alarm)}):
            if user_id in readers and _may(session, user_id, one.alarm.path):
                mine[user_id].append(one)
    for user_id, alarms in mine.items():
        _mail(session, readers[user_id], alarms, now, url)
        for one in alarms:
            mailed = AlarmNote(alarm_id=one.alarm.id, at=now, by=user_id, kind=MAILED, text="")
            alarm_repository.add(session, mailed)
    return len(mine)


def _tell_over(session: Session, now: datetime, url: str) -> int:
    """Who was mailed of it, wants to be told still, and may."""
    ended = alarm_repository.over_untold(session, now - _STILL_NEWS)
    if not ended:
        return 0
    windows = repository.windows(session, now)
    mailed = alarm_repository.noted(session, [one.id for one in ended], MAILED)
    wanted = repository.subscriptions(session, "immediate")
    readers = _readers(session, wanted)
    mine: dict[str, list[Shown]] = defaultdict(list)
    for one in shown(session, ended):
        alarm = one.alarm
        alarm.told_at = now
        if _hushed(alarm, now) or _silent(windows, one, now):
            continue
        asking = {w.user_id for w in wanted if alarm.path.startswith(w.path)}
        for user_id in sorted(mailed.get(alarm.id, set()) & asking & readers.keys()):
            if _may(session, user_id, alarm.path):
                mine[user_id].append(one)
    for user_id, alarms in mine.items():
        _mail(session, readers[user_id], alarms, now, url, over=True)
    return len(mine)


def digest(session: Session, now: datetime, url: str) -> int:
    """Mail the digests that are due, each once; how many that were."""
    wanted = repository.subscriptions(session, "daily", "weekly")
    readers = _readers(session, wanted)
    sent = 0
    for one in wanted:
        reader = readers.get(one.user_id)
        if reader is None:
            continue
        zone = place_repository.zone(session, one.path)
        due = _due(one.how, now.astimezone(ZoneInfo(zone)))
        once = f"digest:{one.user_id[:36]}:{one.path[-74:]}:{due}"
        if due is None or notices.queued(session, once):
            continue
        if not _may(session, one.user_id, one.path):
            continue
        span = timedelta(days=1 if one.how == "daily" else 7)
        with language.speaking(reader.speaks):
            made = mails.digest(
                _unit_name(session, one.path),
                place_repository.standings(session, one.path),
                place_repository.lessons(session, one.path, now - span, now),
                [
                    each
                    for each in shown(
                        session,
                        alarm_repository.of_span(session, now - span, now, (one.path,)),
                    )
                    if _bad_enough(one.severity, each.alarm)
                ],
                how=one.how,
                zone=zone,
                url=url,
            )
        _queue(session, reader, made, f"digest:{one.path}"[:200], one.path, now, once)
        sent += 1
    return sent


def _due(how: str, local: datetime) -> str | None:
    """Which digest is due on this local time: its day, or its week."""
    if how == "daily":
        return f"{local:%Y-%m-%d}" if local.hour >= DIGEST_HOUR else None
    if local.weekday() == 0 and local.hour < DIGEST_HOUR:
        return None
    return f"{local:%G-W%V}"


def _mail(
    session: Session, reader: _Reader, alarms: Sequence[Shown], now: datetime, url: str, *,
    over: bool = False,
) -> None:  # fmt: skip
    with language.speaking(reader.speaks):
        made = (mails.over if over else mails.alarms)(alarms, url=url)
    first = alarms[0].alarm
    cause = f"alarm:{first.id}" if len(alarms) == 1 else "alarms"
    _queue(session, reader, made, cause, first.path, now, "")


def _queue(
    session: Session, reader: _Reader, made: mails.Mail, cause: str, path: str, now: datetime,
    once: str,
) -> None:  # fmt: skip
    notices.queue(
        session,
        channel="smtp",
        destination=reader.user.email,
        subject=made.subject,
        body=made.text,
        html=made.html,
        language=reader.speaks,
        cause=cause,
        path=path,
        now=now,
        once=once,
    )


def _readers(session: Session, wanted: Sequence[Subscription]) -> Mapping[str, _Reader]:
    people = place_repository.people(session, [one.user_id for one in wanted])
    paths = {one.user_id: one.path for one in wanted}
    return {
        key: _Reader(user, user.language or place_repository.language(session, paths[key]))
        for key, user in people.items()
    }


def _hushed(alarm: Alarm, now: datetime) -> bool:
    return alarm.silenced_until is not None and alarm.silenced_until > now


def _silent(windows: Sequence[quiet.Window], one: Shown, now: datetime) -> bool:
    alarm = one.alarm
    return quiet.any_covers(
        windows,
        path=alarm.path,
        room_id=alarm.room_id,
        rule=alarm.rule,
        at=now,
        zone=one.zone,
    )


def _wants(wanted: Subscription, alarm: Alarm) -> bool:
    return alarm.path.startswith(wanted.path) and _bad_enough(wanted.severity, alarm)


def _bad_enough(least: str, alarm: Alarm) -> bool:
    return SEVERITIES.index(alarm.severity) <= SEVERITIES.index(least)


def _may(session: Session, user_id: str, path: str) -> bool:
    """Rights may have been taken back since they asked to be told."""
    return rules.allows(auth.granted(session, user_id), "staff.see", path)


def _unit_name(session: Session, path: str) -> str:
    found = place_repository.units_by_path(session, [path]).get(path)
    return found.name if found else ""
