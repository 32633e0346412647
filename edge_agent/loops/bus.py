"""Who hears what: handlers by class of event."""

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

E = TypeVar("E")


class Bus:
    """Delivers an event to the handlers of its class, at once and in order of registration.

    Handlers do not block; those with more to do put the event into a queue of their own.
    """

    def __init__(self) -> None:
        self._handlers: dict[type, list[Callable[[Any], object]]] = defaultdict(list)

    def on(self, kind: type[E], handler: Callable[[E], object]) -> Callable[[], None]:
        """Call `handler` for each `kind`; the answer takes it back."""
        self._handlers[kind].append(handler)
        return lambda: self._handlers[kind].remove(handler)

    def publish(self, event: object) -> None:
        """Tell all handlers."""
        for handler in tuple(self._handlers[type(event)]):
            handler(event)
