"""What a fleet does for itself as time passes: revocations, certificates, the timetable ahead."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import aiomqtt

from fleet.adapters.mosquitto import Mosquitto
from fleet.classrooms import enrolment, repository
from fleet.classrooms.authority import Authority
from fleet.db import Database

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0


class Revocations:
    """Keeps the broker's CRL fresh, and carries each revocation out within a second or two.

    A revocation is a row of the registry first: whatever fails here is tried again until the
    broker refuses the agent, also after a restart.
    """

    def __init__(
        self, database: Database, authority: Authority, broker: Mosquitto, crl_hours: float
    ) -> None:
        self._database = database
        self._authority = authority
        self._broker = broker
        self._crl_hours = crl_hours
        self._stale_at = datetime.min.replace(tzinfo=UTC)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            uncut = await asyncio.to_thread(self._uncut)
            now = datetime.now(UTC)
            if uncut or now >= self._stale_at:
                told = await asyncio.to_thread(self.refresh)
                self._stale_at = now + timedelta(hours=self._crl_hours / 4)
                if uncut and told and await self._cut(uncut):
                    await asyncio.to_thread(self._mark_cut, uncut)
                elif uncut:
                    await asyncio.sleep(10)
            await asyncio.sleep(_LOOK_SECONDS)

    def refresh(self) -> bool:
        """Write the CRL and the ACL as the registry has them now; False if no broker was told."""
        now = datetime.now(UTC)
        with self._database.read() as session:
            out = enrolment.shut_out(session, now)
        crl = self._authority.revocation_list(out.serials, now, self._crl_hours)
        return self._broker.refresh(out.agents, crl)

    async def _cut(self, agents: list[str]) -> bool:
        for agent in agents:
            try:
                await self._broker.cut(agent)
            except (aiomqtt.MqttError, OSError) as error:
                log.warning("cannot cut off agent=%s yet: %s", agent, error)
                return False
        return True

    def _uncut(self) -> list[str]:
        with self._database.read() as session:
            return repository.uncut_agents(session)

    def _mark_cut(self, agents: list[str]) -> None:
        with self._database.write() as session:
            repository.mark_cut(session, agents, datetime.now(UTC))
