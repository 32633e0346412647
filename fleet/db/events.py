"""Events between folders of the fleet, inside one transaction.

A folder announces with `publish(session, event)`; a folder above reacts in the same
transaction, or fails with it. What must wait until the commit is durable (starting a workflow,
publishing to the broker) registers itself with `after_commit`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.orm import Session

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Flushed:
    """Rows that a session has just written: published inside of its flush.

    A handler reads histories and sends statements; it changes no row object.
    """

    new: tuple[Any, ...]
    changed: tuple[Any, ...]
    removed: tuple[Any, ...]


_BUS = "bus"
_AFTER_COMMIT = "after_commit"


class Bus:
    """Handlers by event class. Filled once, in the composition root."""

    def __init__(self) -> None:
        self._handlers: dict[type[Any], list[Callable[[Session, Any], None]]] = defaultdict(list)

    def on(self, event: type[E], handler: Callable[[Session, E], None]) -> None:
        """Call `handler(session, event)` for each published event of exactly this class."""
        self._handlers[event].append(handler)

    def publish(self, session: Session, event: object) -> None:
        """Run the handlers now, in order of registration, in the caller's transaction."""
        for handler in self._handlers.get(type(event), ()):
            handler(session, event)


def carry(bus: Bus) -> dict[Any, Any]:
    """The `info` of sessions whose events go to `bus`."""
    return {_BUS: bus}


def publish(session: Session, event: object) -> None:
    """Run the handlers of `event` on the bus this session carries, in its transaction."""
    bus: Bus = session.info[_BUS]
    bus.publish(session, event)


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Run `action` after this transaction has committed; never if it is rolled back.

    A crash in between loses the action: whoever registers it must also find its work by itself
    at the next start.
    """
    session.info.setdefault(_AFTER_COMMIT, []).append(action)


def take_actions(session: Session) -> list[Callable[[], None]]:
    """Remove and return the actions registered on this session."""
    actions: list[Callable[[], None]] = session.info.pop(_AFTER_COMMIT, [])
    return actions


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """A part of the transaction that is undone alone when the block raises.

    Actions that the block registered with `after_commit` are forgotten with it.
    """
    before = len(session.info.get(_AFTER_COMMIT, ()))
    try:
        with session.begin_nested():
            yield
    except BaseException:
        del session.info.get(_AFTER_COMMIT, [])[before:]
        raise
