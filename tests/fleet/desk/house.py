"""Units and rooms to look at: two countries, an institution in each, and rooms of all standings."""

from dataclasses import dataclass
from datetime import UTC, datetime

from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent
from fleet.db import Session
from fleet.devices.models import Device
from fleet.orgs import service as orgs
from fleet.orgs.models import OrgUnit

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class House:
    """Ids by name."""

    units: dict[str, OrgUnit]
    rooms: dict[str, str]


def build(session: Session) -> House:
    """Kenya with Nairobi and four rooms, Ghana with Cape Coast and one."""
    top = orgs.root(session)
    kenya = orgs.add(session, parent_id=top.id, kind="country", name="Kenya", iso2="KE")
    ghana = orgs.add(session, parent_id=top.id, kind="country", name="Ghana", iso2="GH")
    nairobi = orgs.add(session, parent_id=kenya.id, kind="institution", name="Nairobi")
    coast = orgs.add(session, parent_id=ghana.id, kind="institution", name="Cape Coast")
    units = {one.name: one for one in (top, kenya, ghana, nairobi, coast)}
    rooms = {
        "Aula Magna": add_room(session, nairobi, "Aula Magna", "ready"),
        "Botany lab": add_room(session, nairobi, "Botany lab", "lost"),
        "Chemistry": add_room(session, nairobi, "Chemistry", "ready", trouble="critical"),
        "Depot": add_room(session, nairobi, "Depot", ""),
        "École": add_room(session, coast, "École", "ready", profile="pjlink-class-1"),
    }
    return House(units, rooms)


def add_room(
    session: Session,
    unit: OrgUnit,
    name: str,
    presence: str,
    *,
    trouble: str = "",
    profile: str = "samsung-mdc",
) -> str:
    """A room with a PC and a projector; without a presence it has neither."""
    room = classrooms.add_room(session, unit_id=unit.id, name=name).id
    if presence:
        agent = Agent(
            id=f"pc-{room}",
            room_id=room,
            public_key="",
            serials={},
            enrolled_at=NOON,
            agent_version="1.2",
            description={"hostname": f"kiosk-{name[0]}"},
        )
        session.add(agent)
        session.flush()
        session.add(
            Device(
                room_id=room,
                name="beamer",
                role="projector",
                profile=profile,
                vendor="Epson",
                agent_id=agent.id,
            )
        )
        classrooms.agent_is(session, room, presence)
        classrooms.in_trouble(session, room, trouble)
    session.flush()
    return room
