"""Places with one of everything in each, for the matrix of rights.

A route whose address has a parameter that is not in `OBJECTS` fails the matrix and says so: add
a function here that makes, or finds, that object of a place.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from fleet.alerts.models import Alarm, Quiet
from fleet.auth import repository as auth_repository
from fleet.auth import service as auth
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent, HelpCall
from fleet.courses import service as courses
from fleet.db import Database, Session, new_id
from fleet.orders.models import OrderTarget, RoomOrder
from fleet.orgs import service as orgs
from fleet.orgs.models import OrgUnit
from fleet.publishing.models import Publication
from fleet.recordings.models import Recording
from fleet.webhooks.models import Webhook
from tests.fleet.web.application import NOON


@dataclass
class Place:
    """A unit, and the ids of what belongs to it, by the name of the parameter."""

    unit: OrgUnit
    ids: dict[str, str] = field(default_factory=dict)


@dataclass
class World:
    """A region with two countries of two institutions each, as one country's officer sees it."""

    parent: Place
    own: Place
    sibling: Place
    child: Place

    @property
    def places(self) -> dict[str, Place]:
        """By the name of how they lie to the officer's."""
        return {
            "own": self.own,
            "parent": self.parent,
            "sibling": self.sibling,
            "child": self.child,
        }


def build(db: Database) -> World:
    """Make the units, then one of everything in each."""
    with db.write() as session:
        top = orgs.root(session)
        units = {}
        for country in ("Kenya", "Ghana"):
            units[country] = orgs.add(session, parent_id=top.id, kind="country", name=country)
            for number in (1, 2):
                name = f"University {number} of {country}"
                parent = units[country].id
                units[name] = orgs.add(session, parent_id=parent, kind="institution", name=name)
        places = [top, units["Kenya"], units["Ghana"], units["University 1 of Kenya"]]
        world = World(*(Place(unit) for unit in places))
        for place in world.places.values():
            for name, make in OBJECTS.items():
                place.ids[name] = make(session, place)
    return world


def _unit(_session: Session, place: Place) -> str:
    return place.unit.id


def _room(session: Session, place: Place) -> str:
    return classrooms.add_room(session, unit_id=place.unit.id, name=f"Hall {place.unit.code}").id


def _agent(session: Session, place: Place) -> str:
    agent = Agent(
        room_id=place.ids["room_id"],
        public_key="",
        serials={},
        enrolled_at=NOON,
        presence="ready",
        description={},
    )
    session.add(agent)
    session.flush()
    return agent.id


def _course(session: Session, place: Place) -> str:
    title = f"Soil at {place.unit.code}"
    return courses.add_course(session, title=title, unit_id=place.unit.id, now=NOON).id


def _lesson(session: Session, place: Place) -> str:
    start = NOON - timedelta(hours=3)
    end = start + timedelta(hours=1)
    course, room = place.ids["course_id"], place.ids["room_id"]
    lesson = courses.add_lesson(session, course, room, "", start, end, now=NOON).id
    session.add(
        Publication(
            lesson_id=lesson, revision=1, content="0" * 64, state="published", updated_at=NOON
        )
    )
    return lesson


def _take(session: Session, place: Place) -> str:
    take = f"take-{place.unit.code}"
    session.add(
        Recording(
            id=take,
            agent_id=place.ids["agent_id"],
            room_id=place.ids["room_id"],
            lesson_id=place.ids["lesson_id"],
            linked_by="timetable",
            state="complete",
            started_at=NOON - timedelta(hours=3),
            ended_at=NOON - timedelta(hours=2),
            duration=3600.0,
        )
    )
    session.flush()
    return take


def _call(session: Session, place: Place) -> str:
    call = HelpCall(
        room_id=place.ids["room_id"],
        agent_id=place.ids["agent_id"],
        message_id=new_id(),
        topic="other",
        called_at=NOON,
    )
    session.add(call)
    session.flush()
    return call.id


def _user(session: Session, place: Place) -> str:
    email = f"someone@{place.unit.code}.example"
    return auth.add_user(session, email, "Someone", "viewer", place.unit.path, now=NOON)


def _grant(session: Session, place: Place) -> str:
    return auth_repository.grants(session, place.ids["user_id"])[0].id


def _alarm(session: Session, place: Place) -> str:
    alarm = Alarm(
        rule="room.dark",
        scope="room",
        room_id=place.ids["room_id"],
        path=place.unit.path,
        severity="critical",
        text="room.dark",
        since=NOON,
        fired_at=NOON,
    )
    session.add(alarm)
    session.flush()
    return alarm.id


def _quiet(session: Session, place: Place) -> str:
    quiet = Quiet(
        kind="silence", path=place.unit.path, starts_at=NOON, made_by="someone", made_at=NOON
    )
    session.add(quiet)
    session.flush()
    return quiet.id


def _order(session: Session, place: Place) -> str:
    until = NOON + timedelta(minutes=1)
    order = RoomOrder(
        kind="power", name="power", args={}, by=place.ids["user_id"], at=NOON, not_after=until
    )
    session.add(order)
    session.flush()
    return order.id


def _target(session: Session, place: Place) -> str:
    target = OrderTarget(
        order_id=place.ids["order_id"],
        room_id=place.ids["room_id"],
        agent_id=place.ids["agent_id"],
        state="done",
        at=NOON,
        not_after=NOON + timedelta(minutes=1),
    )
    session.add(target)
    session.flush()
    return target.id


def _webhook(session: Session, place: Place) -> str:
    webhook = Webhook(
        path=place.unit.path,
        name="Someone's",
        url="https://hooks.example/",
        types=[],
        secret="",
        created_at=NOON,
        created_by=place.ids["user_id"],
    )
    session.add(webhook)
    session.flush()
    return webhook.id


OBJECTS: dict[str, Callable[[Session, Place], str]] = {
    "unit_id": _unit,
    "room_id": _room,
    "agent_id": _agent,
    "course_id": _course,
    "lesson_id": _lesson,
    "take_id": _take,
    "call_id": _call,
    "user_id": _user,
    "grant_id": _grant,
    "alarm_id": _alarm,
    "quiet_id": _quiet,
    "order_id": _order,
    "target_id": _target,
    "webhook_id": _webhook,
}
"""What to put in for a parameter, in the order in which they need each other."""

NOTHING: frozenset[str] = frozenset(
    {"batch_id", "delivery_id", "key", "upload_id", "session_id", "token_id"}
)
"""Parameters of what belongs to one person, or that stand for nothing of a place: any text."""
