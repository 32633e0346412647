"""Reports of rooms become readings."""

from contract import codec
from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.classrooms import service as classrooms
from fleet.classrooms.identity import payload_of
from fleet.classrooms.models import Agent
from fleet.db import Session, publish
from fleet.telemetry.events import ReadingsCame
from fleet.telemetry.ports import MetricStore, Point

_MAX_READINGS = 2_000


class Telemetry:
    """Handler of reports, with the store it writes to."""

    def __init__(self, store: MetricStore) -> None:
        self._store = store

    def report(self, session: Session, agent: AgentRef, received: codec.Received) -> None:
        """Keep the readings of a report, and how wrong the room's clock is.

        Raises:
            ValueError: more readings than any room has.
        """
        payload = payload_of(received, m.Report)
        if len(payload.readings) > _MAX_READINGS:
            raise ValueError(f"{len(payload.readings)} readings in one report")
        if payload.clock_offset is not None:
            session.get_one(Agent, agent.agent).clock_offset = payload.clock_offset
        site = classrooms.room(session, agent.room).unit_id
        points = [
            Point(agent.room, r.device, r.point, payload.at, r.value, r.unit, site)
            for r in payload.readings
        ]
        self._store.write(session, points)
        if points:
            publish(session, ReadingsCame(agent.room, agent.agent, payload.at, tuple(points)))
