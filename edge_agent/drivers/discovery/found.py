"""What a search found, and the block of `room.toml` it is proposed as."""

import re
from dataclasses import dataclass

from contract.profile import Kind, TransportKind

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Found:
    """A device on the network, as well as it is known.

    Attributes:
        profile: the shipped profile that fits it best.
        port, transport: how it is reached, where that differs from the profile's first; else None.
        name: what it calls itself; mac: its address for waking it; both may be empty.
        why: what it answered, so that a person can judge the proposal.
    """

    kind: Kind
    profile: str
    host: str
    port: int | None
    name: str
    mac: str
    why: str
    transport: TransportKind | None = None


def proposal(found: Found) -> str:
    """A block for `room.toml`. What the device says of itself stands in comments only."""
    name = _NOT_IN_A_NAME.sub("-", f"{found.kind}-{found.host.rpartition('.')[2]}".lower())
    called = f"{said(found.name)} at " if found.name else ""
    lines = [
        f"# {called}{found.host}: {found.why}",
        "[[device]]",
        f'name = "{name[:32].strip("-")}"',
        f'profile = "{found.profile}"',
        f'host = "{found.host}"',
    ]
    if found.transport is not None:
        lines.append(f'transport = "{found.transport}"')
    if found.port is not None:
        lines.append(f"port = {found.port}")
    if found.mac:
        lines.append(f'mac = "{found.mac}"')
    return "\n".join(lines)


def said(text: str) -> str:
    """What a device says, in one short line that holds no control characters."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:_LONGEST]
