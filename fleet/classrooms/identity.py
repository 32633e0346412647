"""Who speaks: an agent, and the room it stands in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgentRef:
    """An agent known to the registry and not revoked. Both are ids."""

    agent: str
    room: str


AgentIdentity = AgentRef
"""The same, where it was proved by a token."""
