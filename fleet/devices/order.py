"""Which of two messages of a room is the later one. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Told:
    """Where a message stands in what a room has told: `seq` counts within one outbox."""

    agent: str
    epoch: str
    seq: int
    at: datetime


def is_news(incoming: Told, stored: Told | None) -> bool:
    """Whether a message tells more than what is stored.

    Numbers are surer than clocks, but an outbox that began anew counts from 1 again. Only a
    room's present agent is heard, so that another one is the one that took its place.
    """
    if stored is None or incoming.agent != stored.agent:
        return True
    if incoming.epoch == stored.epoch:
        return incoming.seq > stored.seq
    return incoming.at > stored.at
