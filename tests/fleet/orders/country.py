"""A fleet with rooms of two countries, each with an agent, and its application."""

from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

from contract import codec
from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent, Room
from fleet.db import Session
from fleet.orders import ingest
from fleet.orders.models import OrderTarget
from fleet.orgs import service as orgs
from tests.fleet.web.application import NOON, Application


@dataclass
class Country:
    """Units and rooms by name."""

    application: Application
    paths: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    rooms: dict[str, str] = field(default_factory=dict)

    def unit(self, name: str, above: str | None = None, kind: str = "institution") -> None:
        with self.application.db.write() as session:
            parent = self.units[above] if above else orgs.root(session).id
            made = orgs.add(session, parent_id=parent, kind=kind, name=name, code=name.lower())
            self.units[name], self.paths[name] = made.id, made.path

    def room(
        self, name: str, unit: str, presence: str = "ready", macs: tuple[str, ...] = ()
    ) -> None:
        with self.application.db.write() as session:
            made = classrooms.add_room(session, unit_id=self.units[unit], name=name, uplink="sw1")
            session.add(
                Agent(
                    id=f"agent-{name.lower().replace(' ', '-')}",
                    room_id=made.id,
                    public_key="",
                    serials={},
                    enrolled_at=NOON,
                    presence=presence,
                    description={"macs": list(macs)},
                )
            )
            classrooms.agent_is(session, made.id, presence)
            self.rooms[name] = made.id

    def agent(self, name: str) -> AgentRef:
        return AgentRef(f"agent-{name.lower().replace(' ', '-')}", self.rooms[name])

    def targets(self, order: str) -> dict[str, OrderTarget]:
        with self.application.db.read() as session:
            found = session.query(OrderTarget, Room).join(Room, Room.id == OrderTarget.room_id)
            return {room.name: one for one, room in found if one.order_id == order}

    def sent(self, order: str) -> None:
        """As if the sender had sent it."""
        with self.application.db.write() as session:
            rows = session.query(OrderTarget, Agent).join(
                Agent, Agent.room_id == OrderTarget.room_id
            )
            for target, agent in rows:
                if target.order_id == order and target.state == "queued":
                    target.state, target.agent_id, target.sent_at = "sent", agent.id, NOON

    def says(self, name: str, order: str, phase: str, seq: int = 1, **more: Any) -> None:
        with self.application.db.write() as session:
            say(session, self.agent(name), self.targets(order)[name].id, phase, seq, **more)


def say(
    session: Session, agent: AgentRef, target: str, phase: str, seq: int = 1, **more: Any
) -> None:
    payload = m.Reply(order=target, phase=phase, **more)  # type: ignore[arg-type]
    at = NOON + timedelta(seconds=seq)
    received = codec.Received(
        id="1",
        source=agent.agent,
        type="lectern.reply",
        time=at.astimezone(UTC),
        epoch="e",
        seq=seq,
        payload=payload,
    )
    ingest.reply(session, agent, received)
