"""Units and rooms with a PC each, whose messages and silence become alarms."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from contract import messages as m
from fleet.alerts import handlers, service
from fleet.alerts.models import Alarm, Watch
from fleet.classrooms import AgentRef
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent, Room
from fleet.db import Database, Session
from fleet.orgs import service as orgs
from tests.fleet.telling import handle, told


@dataclass
class House:
    """A fleet; `now` is what its clock shows, near the real one, which stamps presence."""

    database: Database
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    rooms: dict[str, AgentRef] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    sequence: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**6)))

    def __post_init__(self) -> None:
        handlers.register(self.database.bus)

    def unit(self, name: str, above: str = "", kind: str = "country") -> str:
        """A unit below another, by name; its path."""
        with self.database.write() as session:
            root = orgs.root(session)
            parent = self.units.get(above, root.id)
            made = orgs.add(session, parent_id=parent, kind=kind, name=name)  # type: ignore[arg-type]
            self.units[name] = made.id
            return made.path

    def room(self, name: str, unit: str = "", uplink: str = "") -> str:
        """A room with a PC that is ready; its id."""
        with self.database.write() as session:
            unit_id = self.units.get(unit) or orgs.root(session).id
            made = classrooms.add_room(session, unit_id=unit_id, name=name)
            made.uplink = uplink
            session.add(
                Agent(
                    id=f"pc-{name}",
                    room_id=made.id,
                    public_key="",
                    serials={},
                    enrolled_at=self.now,
                )
            )
            self.rooms[name] = AgentRef(f"pc-{name}", made.id)
        self.presence("ready", name)
        return made.id

    def say(self, room: str, payload: m.Payload, seconds: float | None = None) -> None:
        """A message of a room, at the house's time."""
        with self.database.write() as session:
            self._say(session, room, payload)

    def presence(self, state: str, *rooms: str, boot: str = "b") -> None:
        """The agents of these rooms come or go."""
        with self.database.write() as session:
            for room in rooms:
                said = m.Presence(
                    state=state,  # type: ignore[arg-type]
                    session=1,
                    boot=boot,
                    since=self.now,
                    agent_version="9.0",
                    contract="1.1",
                )
                self._say(session, room, said)

    def _say(self, session: Session, room: str, payload: m.Payload) -> None:
        agent = self.rooms[room]
        seq = next(self.sequence)
        from_noon = (self.now - datetime(2026, 3, 2, 12, tzinfo=UTC)).total_seconds()
        handle(session, agent, told(agent, payload, seq, seconds=from_noon))

    def later(self, seconds: float) -> None:
        """Time passes, and the alarms are evaluated."""
        self.now += timedelta(seconds=seconds)
        self.look()

    def look(self) -> None:
        """Evaluate at this time."""
        with self.database.write() as session:
            service.evaluate(session, self.now)

    def open(self) -> list[tuple[str, str, int]]:
        """Rule, place's name or subject, and count of each alarm that nothing else explains."""
        with self.database.read() as session:
            names = {room.id: room.name for room in session.scalars(select(Room))}
            found = session.scalars(
                select(Alarm).where(Alarm.state == "firing", Alarm.masked_by.is_(None))
            )
            return sorted(
                (one.rule, one.subject or names.get(one.room_id or "", ""), one.count)
                for one in found
            )

    def alarms(self) -> list[Alarm]:
        """Every alarm there ever was, the oldest first."""
        with self.database.read() as session:
            return list(session.scalars(select(Alarm).order_by(Alarm.fired_at, Alarm.id)))

    def watches(self) -> int:
        """How much is watched."""
        with self.database.read() as session:
            return len(session.scalars(select(Watch)).all())

    def standing(self, room: str) -> tuple[str, str]:
        """Standing and trouble of a room."""
        with self.database.read() as session:
            found = session.get_one(Room, self.rooms[room].room)
            return found.standing, found.trouble
