"""What happens in the fleet becomes posts to those who want to know, in the same transaction."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from fleet.alerts.events import AlarmFired, AlarmOver
from fleet.classrooms import service as classrooms
from fleet.classrooms.events import LessonMissed, PresenceChanged
from fleet.courses import service as courses
from fleet.db import Bus, Session
from fleet.errors import NotFound
from fleet.orders.events import OrderSettled
from fleet.publishing.events import LessonPublished, PublishingFailed
from fleet.recordings.events import RecordingComplete
from fleet.webhooks import service
from fleet.webhooks.schemas import (
    AlarmData,
    Data,
    FailedData,
    MissedData,
    OrderData,
    PresenceData,
    PublishedData,
    RecordingData,
)

Clock = Callable[[], datetime]
Facts = tuple[str, dict[str, object]] | None
"""A path and what is said of what is there; None if nobody wants to know."""
_HEARD = frozenset({"init", "ready"})


def _system_clock() -> datetime:
    return datetime.now(UTC)


def register(bus: Bus, source: str, now: Clock = _system_clock) -> None:
    """Hear what the folders below announce; `source` is the fleet's address."""
    teller = Teller(source, now)
    bus.on(LessonPublished, teller.published)
    bus.on(PublishingFailed, teller.failed)
    bus.on(RecordingComplete, teller.recorded)
    bus.on(AlarmFired, teller.fired)
    bus.on(AlarmOver, teller.over)
    bus.on(PresenceChanged, teller.presence)
    bus.on(LessonMissed, teller.missed)
    bus.on(OrderSettled, teller.ordered)


class Teller:
    """Makes posts of events. Whom nobody listens for costs one look."""

    def __init__(self, source: str, now: Clock = _system_clock) -> None:
        self._source = source
        self._now = now

    def published(self, session: Session, event: LessonPublished) -> None:
        """A lesson can be played."""
        more = {"revision": event.revision, "duration": event.duration}
        facts = self._lesson(session, "lesson.published", event.lesson_id)
        self._fact(session, "lesson.published", PublishedData, facts, event.lesson_id, more)

    def failed(self, session: Session, event: PublishingFailed) -> None:
        """A lesson could not be published."""
        more = {"revision": event.revision, "error": event.error}
        facts = self._lesson(session, "lesson.failed", event.lesson_id)
        self._fact(session, "lesson.failed", FailedData, facts, event.lesson_id, more)

    def recorded(self, session: Session, event: RecordingComplete) -> None:
        """A take has arrived whole."""
        more = {"take": event.take_id, "lesson": event.lesson_id}
        facts = self._room(session, "recording.complete", event.room_id)
        self._fact(session, "recording.complete", RecordingData, facts, event.take_id, more)

    def fired(self, session: Session, event: AlarmFired) -> None:
        """Something needs a person."""
        self._alarm(session, "alarm.firing", event)

    def over(self, session: Session, event: AlarmOver) -> None:
        """It does no more."""
        self._alarm(session, "alarm.resolved", event)

    def presence(self, session: Session, event: PresenceChanged) -> None:
        """A room's PC came or went."""
        heard, was = event.presence in _HEARD, event.before in _HEARD
        if heard == was:
            return
        name = "room.back" if heard else "room.dark"
        more = {"agent": event.agent_id, "presence": event.presence}
        facts = self._room(session, name, event.room_id)
        self._fact(session, name, PresenceData, facts, event.room_id, more, event.at)

    def missed(self, session: Session, event: LessonMissed) -> None:
        """A room did not record a lesson."""
        more = {"lesson": event.lesson_id, "why": event.why}
        facts = self._room(session, "lesson.missed", event.room_id)
        self._fact(session, "lesson.missed", MissedData, facts, event.lesson_id, more)

    def ordered(self, session: Session, event: OrderSettled) -> None:
        """A room has done what it was told, or has not."""
        more = {
            "order": event.order_id,
            "kind": event.kind,
            "state": event.state,
            "why": event.why,
            "url": f"{self._source}/staff/orders/{event.order_id}",
        }
        facts = self._room(session, "order.finished", event.room_id)
        self._fact(session, "order.finished", OrderData, facts, event.order_id, more, event.at)

    def _alarm(self, session: Session, name: str, event: AlarmFired | AlarmOver) -> None:
        data = AlarmData(
            alarm=event.alarm_id,
            rule=event.rule,
            severity=event.severity,
            subject=event.subject,
            room=event.room_id,
            url=f"{self._source}/staff/alarms/{event.alarm_id}",
        )
        self._tell(session, name, data, event.path, event.alarm_id, event.at)

    def _room(self, session: Session, name: str, room_id: str) -> Facts:
        """Where a room is and what is said of it; None if nobody wants to know."""
        room = classrooms.room(session, room_id)
        if not service.listens(session, name, room.path):
            return None
        return room.path, {"room": room.id, "room_name": room.name, "unit": room.unit_id}

    def _lesson(self, session: Session, name: str, lesson_id: str) -> Facts:
        try:
            lesson = courses.lesson(session, lesson_id)
        except NotFound:
            return None  # publishing knows lessons by id only
        facts = self._room(session, name, lesson.room_id)
        if facts is None:
            return None
        course = courses.course(session, lesson.course_id)
        path, values = facts
        return path, values | {
            "lesson": lesson.id,
            "course": course.id,
            "course_title": course.title,
            "title": lesson.title,
            "starts_at": lesson.starts_at,
            "url": f"{self._source}/lessons/{lesson.id}",
        }

    def _fact(
        self, session: Session, name: str, kind: type[Data], facts: Facts, subject: str,
        more: Mapping[str, object], at: datetime | None = None,
    ) -> None:  # fmt: skip
        """Post what is said of a place and what the event adds, if somebody wants to know."""
        if facts is not None:
            path, values = facts
            data = kind.model_validate(values | dict(more))
            self._tell(session, name, data, path, subject, at)

    def _tell(
        self, session: Session, name: str, data: Data, path: str, subject: str,
        at: datetime | None = None,
    ) -> None:  # fmt: skip
        service.tell(
            session,
            name,
            data,
            path=path,
            subject=subject,
            source=self._source,
            now=at or self._now(),
        )
