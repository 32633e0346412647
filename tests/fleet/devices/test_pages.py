"""What staff see of a room's devices, alarms and calls for help, and what they do about them."""

import pytest
from sqlalchemy import select

from contract import messages as m
from fleet.audit.models import AuditRow
from fleet.classrooms import AgentRef
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent, HelpCall
from fleet.orgs import service as orgs
from tests.fleet.devices.test_sentences import plain
from tests.fleet.telling import NOON, handle, told
from tests.fleet.web.application import Application

DESCRIBED = m.Description(
    version=1,
    hostname="pc",
    os="Linux",
    cpu_count=1,
    memory_bytes=1,
    disk_bytes=1,
    agent_version="1",
    devices=(
        m.DeviceDescription(name="beamer <1>", role="projector", profile="pjlink-class-1"),
        m.DeviceDescription(name="ups", role="ups", profile="nut-ups", vendor="Eaton"),
    ),
)
SILENT = m.AlarmRaised(
    alarm="silent",
    subject="audio",
    severity="critical",
    text="silent",
    what="Nothing is heard from <audio>.",
    todo="Switch the microphone on.",
)


def add_room(application: Application, *said: m.Payload, name: str = "Hall") -> str:
    """A room with a PC that says all this."""
    with application.db.write() as session:
        room = classrooms.add_room(session, unit_id=orgs.root(session).id, name=name).id
        agent = AgentRef(f"pc-{name}", room)
        session.add(
            Agent(id=agent.agent, room_id=room, public_key="", serials={}, enrolled_at=NOON)
        )
        classrooms.agent_is(session, room, "ready")
        session.flush()
        for seq, payload in enumerate(said, start=1):
            handle(session, agent, told(agent, payload, seq))
    return room


def test_a_room_shows_its_devices_and_what_is_wrong(application: Application) -> None:
    room = add_room(
        application,
        DESCRIBED,
        m.DeviceChanged(device="beamer <1>", online=True, power="warming"),
        SILENT,
    )

    viewer = application.signed_in("viewer")
    page = viewer.get(f"/staff/rooms/{room}").text

    assert "beamer &lt;1&gt;" in page
    assert "Warming up" in page
    assert "Battery backup" in page
    assert "Not heard of yet" in page
    assert "Nothing to be heard" in page
    assert "Nothing is heard from &lt;audio&gt;." in page
    assert "Switch the microphone on, and check its battery and its cable." in page
    arabic = viewer.get(f"/staff/rooms/{room}?lang=ar").text
    assert "Switch the microphone on" not in arabic, "what to do is said in the reader's language"


def test_the_lists_mark_rooms_that_need_a_person(application: Application) -> None:
    add_room(application, DESCRIBED)
    client = application.signed_in("viewer")
    for path in ("/staff/rooms", "/staff"):
        page = client.get(path).text
        assert (">Alarm<" in page, "Asks for help" in page) == (False, False)
    alarmed_room = add_room(application, SILENT, name="Alarmed")
    with application.db.write() as session:
        classrooms.in_trouble(session, alarmed_room, "critical")  # as the alarms' next round does
    add_room(application, m.HelpCalled(topic="sound"), name="Calling")
    for path in ("/staff/rooms", "/staff"):
        page = client.get(path).text
        assert page.count(">Alarm<") == page.count("Asks for help") == 1
        called, alarmed = page.index("Calling"), page.index("Alarmed")
        if path == "/staff":
            assert called < page.index("Asks for help") < alarmed < page.index(">Alarm<")
        else:
            assert alarmed < page.index(">Alarm<") < called < page.index("Asks for help")


def test_a_call_is_answered_once_and_on_record(application: Application) -> None:
    room = add_room(application, m.HelpCalled(topic="picture"))
    client = application.signed_in()
    page = client.get(f"/staff/rooms/{room}").text
    assert "asks for help with the picture" in page
    with application.db.read() as session:
        call = session.scalars(select(HelpCall.id)).one()
    address = f"/staff/rooms/{room}/help/{call}/answered"
    assert f'action="{address}"' in page

    for _ in range(2):
        assert client.post(address).headers["location"] == f"/staff/rooms/{room}"

    assert address not in client.get(f"/staff/rooms/{room}").text
    with application.db.read() as session:
        assert session.scalars(select(HelpCall.answered_at)).one() == application.now
        row = session.scalars(select(AuditRow).where(AuditRow.action == "help.answered")).one()
        assert (row.target, row.detail) == (room, {"call": call})


def test_only_who_may_change_rooms_answers(application: Application) -> None:
    room = add_room(application, m.HelpCalled())
    other = add_room(application, name="Other")
    with application.db.read() as session:
        call = session.scalars(select(HelpCall.id)).one()
    address = f"/staff/rooms/{room}/help/{call}/answered"
    viewer = application.signed_in("viewer")
    assert address not in viewer.get(f"/staff/rooms/{room}").text
    assert viewer.post(address).status_code == 403
    assert application.client().post(address).status_code in (303, 401)
    staff = application.signed_in()
    assert staff.post(address, headers={"x-csrf-token": "0" * 128}).status_code == 403
    assert staff.post(f"/staff/rooms/{other}/help/{call}/answered").status_code == 404
    with application.db.read() as session:
        assert session.scalars(select(HelpCall.answered_at)).one() is None


@pytest.mark.parametrize("language", ["en", "ar"])
def test_events_are_sentences_and_routine_is_left_out(
    application: Application, language: str
) -> None:
    slide = m.SlideChanged(take="t", track="presentation", at=1.0)
    failed = m.StepResult(step="track", device="camera", outcome="failed", why="no answer")
    scene = m.SceneRan(
        scene="break", trigger="timetable", outcome="partly", seconds=1.0, steps=(failed,)
    )
    cleared = m.AlarmCleared(alarm="silent", subject="audio", seconds=2.0)
    room = add_room(application, slide, SILENT, cleared, scene)

    page = plain(application.signed_in().get(f"/staff/rooms/{room}?lang={language}").text)

    assert '"what">lectern.' not in page
    assert "camera: no answer" in page
    if language == "en":
        for sentence in (
            "Alarm: Nothing to be heard (audio).",
            "Over: Nothing to be heard (audio).",
            "Scene break has run, but not every step worked.",
        ):
            assert sentence in page
    else:
        assert "إنذار: لا يُسمع شيء (audio)." in page
