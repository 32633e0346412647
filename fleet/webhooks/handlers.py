"""What happens in the fleet becomes posts to those who want to know, in the same transaction."""

from collections.abc import Callable
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
        facts = self._lesson(session, "lesson.published", event.lesson_id)
        if facts:
            path, values = facts
            more = {"revision": event.revision, "duration": event.duration}
            data = PublishedData.model_validate(values | more)
            self._tell(session, "lesson.published", data, path, event.lesson_id)

    def failed(self, session: Session, event: PublishingFailed) -> None:
        """A lesson could not be published."""
        facts = self._lesson(session, "lesson.failed", event.lesson_id)
        if facts:
            path, values = facts
            more = {"revision": event.revision, "error": event.error}
            data = FailedData.model_validate(values | more)
            self._tell(session, "lesson.failed", data, path, event.lesson_id)

    def recorded(self, session: Session, event: RecordingComplete) -> None:
        """A take has arrived whole."""
        facts = self._room(session, "recording.complete", event.room_id)
        if facts:
            path, values = facts
            more = {"take": event.take_id, "lesson": event.lesson_id}
            data = RecordingData.model_validate(values | more)
            self._tell(session, "recording.complete", data, path, event.take_id)

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
        facts = self._room(session, name, event.room_id)
        if facts:
            path, values = facts
            more = {"agent": event.agent_id, "presence": event.presence}
            data = PresenceData.model_validate(values | more)
            self._tell(session, name, data, path, event.room_id, event.at)

    def missed(self, session: Session, event: LessonMissed) -> None:
        """A room did not record a lesson."""
        facts = self._room(session, "lesson.missed", event.room_id)
        if facts:
            path, values = facts
            more = {"lesson": event.lesson_id, "why": event.why}
            data = MissedData.model_validate(values | more)
            self._tell(session, "lesson.missed", data, path, event.lesson_id)

    def ordered(self, session: Session, event: OrderSettled) -> None:
        """A room has done what it was told, or has not."""
        facts = self._room(session, "order.finished", event.room_id)
        if facts:
            path, values = facts
            more = {
                "order": event.order_id,
                "kind": event.kind,
                "state": event.state,
                "why": event.why,
                "url": f"{self._source}/staff/orders/{event.order_id}",
            }
            data = OrderData.model_validate(values | more)
            self._tell(session, "order.finished", data, path, event.order_id, event.at)

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

    def _room(
        self, session: Session, name: str, room_id: str
    ) -> tuple[str, dict[str, object]] | None:
        """Where a room is and what is said of it; None if nobody wants to know."""
        room = classrooms.room(session, room_id)
        if not service.listens(session, name, room.path):
            return None
        return room.path, {"room": room.id, "room_name": room.name, "unit": room.unit_id}

    def _lesson(
        self, session: Session, name: str, lesson_id: str
    ) -> tuple[str, dict[str, object]] | None:
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
