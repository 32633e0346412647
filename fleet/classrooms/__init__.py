"""Rooms and the agents in them: enrolment, identity, presence, what the fleet wants of them."""

from fleet.classrooms.identity import AgentIdentity, AgentRef

__all__ = ["AgentIdentity", "AgentRef"]
