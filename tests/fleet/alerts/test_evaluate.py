"""From what rooms say, and do not say any more, to alarms that begin, explain and end."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from contract import messages as m
from fleet import migrations
from fleet.alerts import service
from fleet.alerts.models import Alarm, AlarmNote, Signal
from fleet.classrooms.models import Agent
from fleet.db import Database
from tests.fleet.alerts.house import House

LAB = "Lab"


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_a_room_whose_contact_is_lost_is_an_alarm_after_two_minutes(house: House) -> None:
    house.room(LAB)
    house.presence("lost", LAB)
    house.later(60)
    assert house.open() == []
    house.later(70)
    assert house.open() == [("room-dark", LAB, 1)]
    house.later(600)
    house.presence("ready", LAB)
    house.later(600)
    assert house.open() == []
    (alarm,) = house.alarms()
    assert (alarm.state, alarm.severity) == ("resolved", "critical")
    house.later(3600)
    assert house.watches() == 0, "what is over for long is not kept"


def test_a_room_that_is_switched_off_is_no_alarm(house: House) -> None:
    house.room(LAB)
    for state in ("disconnected", "sleeping"):
        house.presence(state, LAB)
        house.later(600)
        assert house.open() == []


def test_a_short_break_is_no_alarm(house: House) -> None:
    house.room(LAB)
    house.presence("lost", LAB)
    house.later(30)
    house.presence("ready", LAB)
    house.later(3600)
    assert house.alarms() == []


def test_a_dead_switch_is_one_alarm_and_its_end_is_quiet(house: House) -> None:
    house.unit("ke")
    house.unit("uon", "ke", "institution")
    rooms = [f"r{n}" for n in range(5)]
    for name in rooms:
        house.room(name, "uon", "sw-1")
    house.room("other", "uon")
    house.presence("lost", *rooms)
    house.later(130)
    assert house.open() == [("uplink-dark", "sw-1", 5)]
    assert len(house.alarms()) == 1

    house.presence("ready", *rooms[:2])
    house.later(10)
    assert house.open() == [], "the others may be back in a moment"
    house.presence("ready", *rooms[2:4])
    house.later(60)
    assert house.open() == []
    house.later(120)
    assert house.open() == [("room-dark", "r4", 1)], "the switch is back and one room is not"
    house.presence("ready", "r4")
    house.later(10)
    assert house.open() == []


def test_a_room_that_was_known_as_dark_is_explained_when_its_switch_dies(house: House) -> None:
    house.room("a", uplink="sw-1")
    house.room("b", uplink="sw-1")
    house.room("other")
    house.presence("lost", "a")
    house.later(130)
    assert house.open() == [("room-dark", "a", 1)]
    house.presence("lost", "b")
    house.later(130)
    assert house.open() == [("uplink-dark", "sw-1", 2)]
    house.presence("ready", "b")
    house.later(10)
    assert house.open() == [("room-dark", "a", 1)], "known before: it needs no patience"


def test_a_dark_country_is_one_alarm(house: House) -> None:
    house.unit("ke")
    house.unit("tz")
    for name in ("uon", "mku"):
        house.unit(name, "ke", "institution")
    house.unit("uds", "tz", "institution")
    rooms = [f"{unit}{n}" for unit in ("uon", "mku") for n in range(3)]
    for name in rooms:
        house.room(name, name[:3], "sw")
    house.room("uds0", "uds")
    house.presence("lost", *rooms[:3])
    house.later(130)
    assert house.open() == [("site-dark", "", 3)]
    house.presence("lost", *rooms[3:])
    house.later(130)
    assert house.open() == [("site-dark", "", 6)], "the country explains both sites"
    assert {one.state for one in house.alarms()} == {"firing"}
    house.presence("ready", *rooms[3:])
    house.later(130)
    assert house.open() == [("site-dark", "", 3)], "the first site is still dark"
    house.presence("ready", *rooms[:3])
    house.later(130)
    assert house.open() == []


def test_what_a_room_raises_is_an_alarm_here_and_stands_in_its_room(house: House) -> None:
    house.room(LAB)
    silent = m.AlarmRaised(
        alarm="mic-silent", subject="audio", severity="critical", text="silent", what="Nothing."
    )
    house.say(LAB, silent)
    house.look()
    assert house.open() == [("room.mic-silent", "audio", 1)]
    assert house.standing(LAB) == ("risk", "critical")
    (alarm,) = house.alarms()
    assert (alarm.text, alarm.what) == ("silent", "Nothing.")

    house.presence("lost", LAB)
    house.later(130)
    assert house.open() == [("room-dark", LAB, 1)], "of a dark room nothing else is known"
    assert house.standing(LAB) == ("dark", "")
    house.presence("ready", LAB)
    house.later(5)
    assert house.open() == [("room.mic-silent", "audio", 1)]
    house.say(LAB, m.AlarmCleared(alarm="mic-silent", subject="audio", seconds=200.0))
    house.later(5)
    assert house.open() == []
    assert house.standing(LAB) == ("working", "")


def test_an_alarm_of_a_pc_that_was_taken_away_ends(house: House) -> None:
    house.room(LAB)
    house.say(
        LAB, m.AlarmRaised(alarm="fan", subject="p", severity="warning", text="fan", what="F")
    )
    house.later(1)
    house.now += timedelta(seconds=1)
    with house.database.write() as session:
        session.get_one(Agent, "pc-Lab").revoked_at = house.now
        session.flush()
        service.check(session, house.now)
    house.later(1)
    assert house.open() == []


def report(house: House, device: str, point: str, value: float, unit: str = "") -> None:
    reading = m.Reading(device=device, point=point, value=value, unit=unit)
    house.say(LAB, m.Report(at=house.now, uptime=1.0, readings=(reading,)))


def test_readings_are_judged_with_two_levels(house: House) -> None:
    house.room(LAB)
    report(house, "pc", "temperature", 90)
    house.later(200)
    report(house, "pc", "temperature", 80)
    house.later(200)
    assert house.open() == [("pc-temperature", "pc", 1)], "80 is not cool enough to be news"
    report(house, "pc", "temperature", 70)
    house.later(1)
    assert house.open() == []
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Signal)) == 0


def test_a_reading_that_stays_bad_is_told_once(house: House) -> None:
    house.room(LAB)
    for _ in range(5):
        report(house, "beamer", "lamp_hours", 3500)
        with house.database.read() as session:
            assert session.scalar(select(func.count()).select_from(Signal)) in (0, 1)
        house.later(1)
    (alarm,) = house.alarms()
    assert (alarm.subject, alarm.value) == ("beamer", "3500 h")


def test_a_reading_in_another_unit_than_its_rule_is_not_judged(house: House) -> None:
    house.room(LAB)
    report(house, "pc", "disk_free", 76.1, "GB")
    house.later(200)
    assert house.open() == []
    report(house, "pc", "disk_free", 1e9, "B")
    house.later(200)
    assert house.open() == [("disk-low", "pc", 1)]


def test_a_lost_source_is_critical_until_the_take_ends(house: House) -> None:
    house.room(LAB)
    house.say(LAB, m.SourceLost(take="t", track="presenter", at=3.0, why="no frames"))
    house.later(25)
    assert house.open() == [("source-lost", "presenter", 1)]
    house.say(LAB, m.SourceBack(take="t", track="presenter", at=9.0, gap=6.0))
    house.later(1)
    assert house.open() == []


def test_a_pc_that_lost_its_power_is_noticed_when_it_is_back(house: House) -> None:
    house.room(LAB)
    for boot, alarms in (("b", []), ("c", [("power-off", LAB, 1)])):
        house.presence("lost", LAB)
        house.later(10)
        house.presence("ready", LAB, boot=boot)
        house.later(10)
        house.later(1)
        assert house.open() == alarms
    house.later(86_400)
    assert house.open() == [], "it is over by itself"


def test_a_clock_that_is_wrong_and_an_agent_that_is_silent_are_found(house: House) -> None:
    house.room(LAB)
    house.say(LAB, m.Report(at=house.now, uptime=1.0, clock_offset=-9.0, readings=()))

    def check() -> None:
        with house.database.write() as session:
            service.check(session, house.now)
        house.later(301)

    check()
    house.later(1)
    assert house.open() == [("clock-skew", LAB, 1)]
    house.say(LAB, m.Report(at=house.now, uptime=1.0, clock_offset=-1.0, readings=()))
    check()
    assert house.open() == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["lost", "ready", "disconnected"]),
            st.sets(st.sampled_from("abcde"), min_size=1),
            st.sampled_from([0.0, 1.0, 61.0, 130.0]),
        ),
        max_size=12,
    )
)
@settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
def test_whatever_comes_and_goes(
    tmp_path_factory: pytest.TempPathFactory, script: list[tuple[str, set[str], float]]
) -> None:
    """Never two for one thing; what is explained is not told; all is over when all is well."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('d') / 'a.sqlite'}")
    migrations.upgrade(database)
    house = House(database)
    house.unit("ke")
    house.unit("uon", "ke", "institution")
    for name, uplink in zip("abcde", ("s", "s", "s", "", "t"), strict=True):
        house.room(name, "uon", uplink)
    house.room("far")
    for state, rooms, pause in script:
        house.presence(state, *sorted(rooms))
        house.later(pause)
        _consistent(house)
    house.presence("ready", *"abcde")
    house.later(1)
    house.later(2000)
    house.later(2000)
    assert house.open() == []
    assert all(one.state == "resolved" for one in house.alarms())
    database.close()


def _consistent(house: House) -> None:
    with house.database.read() as session:
        firing = list(session.scalars(select(Alarm).where(Alarm.state == "firing")))
        keys = [one.open_key for one in firing]
        assert len(keys) == len(set(keys))
        shown = {one.id for one in firing if one.masked_by is None}
        assert all(one.masked_by in shown for one in firing if one.masked_by)
        parents = [one for one in firing if one.scope != "room" and one.masked_by is None]
        for one in firing:
            if one.id in shown and one.rule == "room-dark":
                assert not any(
                    parent.scope == "unit" and one.path.startswith(parent.path)
                    for parent in parents
                )
        notes = session.scalars(select(AlarmNote.kind)).all()
        assert notes.count("fired") == len(session.scalars(select(Alarm)).all())
