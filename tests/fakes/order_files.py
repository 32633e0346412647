"""A fleet that takes the files of orders, when it is there."""

from collections import deque

from edge_agent.errors import EdgeError


class FakeOrderFiles:
    """Implements `ports.order_files.OrderFiles`.

    Attributes:
        taken: order, media type and content, oldest first.
        failures: what to raise instead, one an attempt.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, bytes]] = []
        self.failures: deque[EdgeError] = deque()

    async def send(self, order: str, content: bytes, kind: str) -> None:
        if self.failures:
            raise self.failures.popleft()
        self.taken.append((order, kind, content))
