"""MQTT topics: `lectern/v1/{agent}/{channel}` and `lectern/v1/fleet/state`."""

import re

ROOT = "lectern/v1"
FLEET_STATE = f"{ROOT}/fleet/state"

_AGENT = re.compile(r"[a-z0-9-]{1,48}")
RESERVED = frozenset({"fleet"})


def is_agent_id(text: str) -> bool:
    """Whether `text` may name an agent: `[a-z0-9-]{1,48}` and not a reserved word."""
    return bool(_AGENT.fullmatch(text)) and text not in RESERVED


def topic(agent: str, channel: str) -> str:
    """The topic of one agent's channel.

    Raises:
        ValueError: `agent` is not an agent id.
    """
    if not is_agent_id(agent):
        raise ValueError(f"not an agent id: {agent!r}")
    return f"{ROOT}/{agent}/{channel}"


def everyone(channel: str) -> str:
    """The filter that matches `channel` of every agent."""
    return f"{ROOT}/+/{channel}"


def parse(text: str) -> tuple[str, str] | None:
    """`(agent, channel)` of a topic of ours, or None for any other topic."""
    prefix, _, channel = text.rpartition("/")
    root, _, agent = prefix.rpartition("/")
    if root != ROOT or not is_agent_id(agent) or not channel:
        return None
    return agent, channel
