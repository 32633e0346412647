"""A limit on how often one address may guess."""

import threading
from collections import OrderedDict, deque

from fleet.web.addresses import subscriber

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
            failures = self._failures.get(subscriber(address), deque())
            while failures and failures[0] <= now - self._seconds:
                failures.popleft()
            return len(failures) < self._limit

    def failed(self, address: str, now: float) -> None:
        """Count a wrong guess."""
        with self._lock:
            self._failures.setdefault(subscriber(address), deque(maxlen=self._limit)).append(now)
            self._failures.move_to_end(subscriber(address))
            while len(self._failures) > _MAX_ADDRESSES:
                self._failures.popitem(last=False)
