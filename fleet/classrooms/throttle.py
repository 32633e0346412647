"""A limit on how often one address may guess."""

import ipaddress
import threading
from collections import OrderedDict, deque

_MAX_ADDRESSES = 10_000


class Throttle:
    """Counts failures by address within a sliding window. Thread-safe; memory is bounded."""

    def __init__(self, limit: int, seconds: float = 60.0) -> None:
        self._limit = limit
        self._seconds = seconds
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def is_open(self, address: str, now: float) -> bool:
        """Whether `address` may try at `now` (seconds on any clock that never goes back)."""
        with self._lock:
            failures = self._failures.get(_network(address), deque())
            while failures and failures[0] <= now - self._seconds:
                failures.popleft()
            return len(failures) < self._limit

    def failed(self, address: str, now: float) -> None:
        """Count a wrong guess."""
        with self._lock:
            self._failures.setdefault(_network(address), deque(maxlen=self._limit)).append(now)
            self._failures.move_to_end(_network(address))
            while len(self._failures) > _MAX_ADDRESSES:
                self._failures.popitem(last=False)


def _network(address: str) -> str:
    """One IPv6 subscriber has a whole /64 of addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
