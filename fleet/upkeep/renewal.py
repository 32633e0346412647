"""The fleet's own certificates, renewed in time while it runs for years."""

import asyncio
import logging
from collections.abc import Callable

from fleet.adapters.mosquitto import Mosquitto
from fleet.classrooms.authority import Authority

log = logging.getLogger(__name__)

_DAY = 86_400.0


class Renewal:
    """Looks once a day whether a certificate nears its end; `use` makes the HTTPS server see it.

    The fleet's own MQTT connection reads its certificate anew each time it connects.
    """

    def __init__(
        self,
        authority: Authority,
        names: tuple[str, ...],
        broker: Mosquitto,
        use: Callable[[], None],
        seconds: float = _DAY,
    ) -> None:
        self._authority = authority
        self._names = names
        self._broker = broker
        self._use = use
        self._seconds = seconds

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.to_thread(self.once)
            await asyncio.sleep(self._seconds)

    def once(self) -> None:
        """Renew what has less than a third of its life left, and hand it to those who use it."""
        self._authority.client_pair()
        self._broker.use_certificate(self._authority.server_pair(self._names))
        self._use()
