"""What orders announce, on the bus."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrdersQueued:
    """There is something to send, once this transaction is committed."""
