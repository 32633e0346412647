"""What nobody tells the alarms and the checks find, from the tables to alarms and back."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from contract import messages as m
from fleet import __version__
from fleet.alerts import service
from fleet.classrooms.models import Agent, Room
from fleet.courses.models import Course, Lesson
from fleet.db import Database
from fleet.devices.models import Device
from fleet.recordings.models import Recording
from tests.fleet.alerts.house import House

LAB, PC = "Lab", "pc-Lab"


@pytest.fixture
def house(database: Database) -> House:
    made = House(database)
    made.unit("ke")
    made.unit("uon", "ke", "institution")
    made.room(LAB, "uon")
    return made


def minutes(house: House, count: int) -> None:
    """Time passes with the checks and what follows of them: by the minute, if long by five."""
    end = house.now + timedelta(minutes=count)
    while house.now < end:
        house.now = min(end, house.now + timedelta(minutes=1 if count <= 12 else 5))
        with house.database.write() as session:
            service.check(session, house.now)
        house.look()


def rules(house: House) -> list[str]:
    return [rule for rule, _name, _count in house.open()]


def agent(house: House, change: Callable[[Agent], None]) -> None:
    with house.database.write() as session:
        change(session.get_one(Agent, PC))


def seen(house: House) -> None:
    now = house.now
    agent(house, lambda pc: setattr(pc, "seen_at", now))


def lesson(house: House, start: float, length: float) -> str:
    """A lesson in the lab, so many minutes from now."""
    room = house.rooms[LAB].room
    with house.database.write() as session:
        course = Course(
            slug=f"c{start}", title="C", description="", language="en", category="",
            publish="hold", created_at=house.now,
        )  # fmt: skip
        session.add(course)
        session.flush()
        begins = house.now + timedelta(minutes=start)
        made = Lesson(
            course_id=course.id, room_id=room, title="L", number=1, starts_at=begins,
            ends_at=begins + timedelta(minutes=length),
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made.id


def take(house: House, state: str, hint: str | None = None) -> None:
    """A take in the lab, in this state."""
    with house.database.write() as session:
        found = session.get(Recording, "take")
        if found is None:
            found = Recording(
                id="take", agent_id=PC, room_id=house.rooms[LAB].room, hint=hint, state=state,
                started_at=house.now,
            )  # fmt: skip
            session.add(found)
        found.state = state


def beamer(house: House, power: str, *, online: bool = True) -> None:
    """The lab's projector is on or off, since now."""
    room = house.rooms[LAB].room
    with house.database.write() as session:
        found = session.get(Device, (room, "beamer"))
        if found is None:
            found = Device(room_id=room, name="beamer", role="projector", agent_id=PC)
            session.add(found)
        found.power, found.online, found.since = power, online, house.now


def test_a_room_that_says_it_is_there_and_says_nothing_is_found(house: House) -> None:
    seen(house)
    minutes(house, 10)
    assert rules(house) == []
    minutes(house, 3)
    assert house.open() == [("room-silent", LAB, 1)]
    seen(house)
    minutes(house, 2)
    assert rules(house) == []


def test_a_room_that_is_dark_is_not_silent_as_well(house: House) -> None:
    seen(house)
    house.presence("lost", LAB)
    minutes(house, 30)
    assert house.open() == [("room-dark", LAB, 1)]
    assert len(house.alarms()) == 1


def test_a_dark_room_is_found_though_nobody_told_the_alarms(house: House) -> None:
    with house.database.write() as session:
        session.get_one(Room, house.rooms[LAB].room).presence = "lost"
        session.get_one(Agent, PC).presence = "lost"
    minutes(house, 2)
    assert rules(house) == []
    minutes(house, 2)
    assert house.open() == [("room-dark", LAB, 1)]


@pytest.mark.parametrize(
    ("version", "found"),
    [("0.0.1", True), (__version__, False), (f"{__version__}.1", False), ("", False)],
)
def test_old_software_is_found_after_a_day_and_forgotten_when_it_is_new(
    house: House, version: str, found: bool
) -> None:
    agent(house, lambda pc: setattr(pc, "agent_version", version))
    minutes(house, 1)
    assert rules(house) == [], "an update is given a day"
    house.now += timedelta(days=1)
    minutes(house, 1)
    assert rules(house) == (["agent-behind"] if found else [])
    agent(house, lambda pc: setattr(pc, "agent_version", __version__))
    house.now += timedelta(hours=1)
    minutes(house, 2)
    assert rules(house) == []


def test_a_take_that_runs_long_after_its_lesson_is_found(house: House) -> None:
    take(house, "recording", lesson(house, 0, 10))
    minutes(house, 30)
    assert rules(house) == [], "lessons run over"
    minutes(house, 3)
    assert house.open() == [("take-late", "take", 1)]
    take(house, "waiting")
    minutes(house, 2)
    assert rules(house) == []


def test_a_take_of_no_lesson_is_never_late(house: House) -> None:
    take(house, "recording")
    minutes(house, 60)
    assert rules(house) == []


def test_what_is_on_for_an_hour_when_nobody_teaches_is_found(house: House) -> None:
    beamer(house, "on")
    minutes(house, 60)
    assert rules(house) == []
    minutes(house, 8)
    assert house.open() == [("outside-timetable", "beamer", 1)]
    beamer(house, "off")
    minutes(house, 2)
    assert rules(house) == []


@pytest.mark.parametrize(
    "why", ["a lesson", "a lesson soon", "a lesson just now", "a take", "off", "unreachable"]
)
def test_what_is_on_for_a_lesson_or_a_take_is_no_alarm(house: House, why: str) -> None:
    beamer(house, "off" if why == "off" else "on", online=why != "unreachable")
    match why:
        case "a lesson":
            lesson(house, 0, 80)
        case "a lesson soon":
            lesson(house, 25, 50)
        case "a lesson just now":
            lesson(house, -60, 110)
        case "a take":
            take(house, "recording")
    minutes(house, 75)
    assert rules(house) == []


@pytest.mark.parametrize(
    ("point", "rule", "severity", "fine", "much", "still", "new"),
    [
        ("lamp_hours", "lamp-hours", "warning", 3000, 3001, 2950, 2899),
        ("panel_hours", "panel-hours", "info", 40_000, 40_001, 39_950, 5),
    ],
)
def test_hours_of_a_lamp_and_of_a_panel(
    house: House, point: str, rule: str, severity: str,
    fine: float, much: float, still: float, new: float,
) -> None:  # fmt: skip
    for value, said in ((fine, []), (much, [rule]), (still, [rule]), (new, [])):
        reading = m.Reading(device="beamer", point=point, value=value)
        house.say(LAB, m.Report(at=house.now, uptime=1.0, readings=(reading,)))
        house.later(1)
        assert rules(house) == said, value
    (alarm,) = house.alarms()
    assert (alarm.subject, alarm.severity) == ("beamer", severity)


@pytest.mark.parametrize("offset", [6.0, -6.0])
def test_a_wrong_clock_is_found_and_is_right_below_the_lower_level(
    house: House, offset: float
) -> None:
    for value, said in ((offset / 2, []), (offset, ["clock-skew"]), (offset / 2, ["clock-skew"])):
        clock(house, value)
        minutes(house, 8)
        assert rules(house) == said, value
    clock(house, offset / 4)
    minutes(house, 2)
    assert rules(house) == []


def test_a_clock_that_was_wrong_for_a_moment_is_no_alarm(house: House) -> None:
    clock(house, 60.0)
    minutes(house, 3)
    clock(house, 0.0)
    minutes(house, 8)
    assert house.alarms() == []


def clock(house: House, offset: float) -> None:
    """The lab says by how much its clock is wrong."""
    house.say(LAB, m.Report(at=house.now, uptime=1.0, clock_offset=offset, readings=()))


@pytest.mark.parametrize("where", ["uon", "ke"])
def test_a_unit_changes_what_a_check_looks_for(house: House, where: str) -> None:
    seen(house)
    with house.database.write() as session:
        path = session.get_one(Room, house.rooms[LAB].room).path
        above = path if where == "uon" else path[: path[:-1].rindex(".") + 1]
        service.change_rule(
            session, path=above, rule="room-silent", change={"threshold": 20}, by="x",
            now=house.now,
        )  # fmt: skip
    minutes(house, 19)
    assert rules(house) == []
    minutes(house, 4)
    assert rules(house) == ["room-silent"]
