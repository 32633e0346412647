"""The agent's certificate, as the loop that renews it sees it."""

from typing import Protocol


class Renewer(Protocol):
    """Renews the identity; the old one stays until a connection with the new one has worked."""

    async def due(self) -> bool:
        """Whether it is time, and no renewed identity waits to be tried."""

    async def renew(self) -> None:
        """Fetch a renewed identity.

        Raises:
            Refused: the fleet does not renew this agent.
            Unreachable: try again later.
        """
