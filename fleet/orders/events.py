"""What orders announce, on the bus."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OrdersQueued:
    """There is something to send, once this transaction is committed."""


@dataclass(frozen=True, slots=True)
class OrderSettled:
    """An order has come to its end in a room: `state` is one of `orders.rules`, not an open one."""

    order_id: str
    room_id: str
    kind: str
    state: str
    why: str
    at: datetime
