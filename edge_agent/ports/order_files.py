"""Getting a file that an order asked for to the fleet."""

from typing import Protocol


class OrderFiles(Protocol):
    """Sends files one at a time."""

    async def send(self, order: str, content: bytes, kind: str) -> None:
        """Hand the fleet a file; `kind` is its media type. When this returns, the fleet holds it.

        Raises:
            Refused: the fleet does not want it, or it is too large.
            Unreachable: try again later.
        """
