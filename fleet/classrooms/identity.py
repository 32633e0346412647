"""Who speaks, and what it says: an agent, its room, and a message's payload."""

from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from contract.codec import Received
from contract.messages import Payload

P = TypeVar("P", bound=Payload)


@dataclass(frozen=True, slots=True)
class AgentRef:
    """An agent known to the registry and not revoked. Both are ids."""

    agent: str
    room: str


AgentIdentity = AgentRef
"""The same, where it was proved by a token."""


def payload_of(received: Received, kind: type[P]) -> P:
    """The payload of a message that a handler was registered for.

    Raises:
        TypeError: it is of another kind: the handler stands in the wrong row of the table.
    """
    if not isinstance(received.payload, kind):
        raise TypeError(f"{received.type} is not a {kind.__name__}")
    return received.payload


def as_json(value: Any) -> Any:
    """Structs as a JSON column gives them back: dicts, lists, texts. Equal means unchanged."""
    return msgspec.json.decode(msgspec.json.encode(value))
