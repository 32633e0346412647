"""What the fleet's staff may see and hear of a room when they look into it. Pure.

A recording shows what it shows. Beside it, a camera that faces the wall and a microphone that is
closed stay so, and a lesson that is paused is nobody's business.
"""

from collections.abc import Collection, Sequence
from typing import Literal

from edge_agent.room.model import Device, Source

Permission = Literal["always", "lessons", "never"]
"""When the room may be looked into: `lessons` opens nothing that is not open anyway."""


def shown(
    sources: Sequence[Source],
    devices: Sequence[Device],
    closed: Collection[str],
    *,
    paused: bool,
    may: Permission,
) -> frozenset[str]:
    """The tracks that may be seen or heard now.

    `closed` are the devices that are known to face the wall, to be mute, or to be off. One of which
    the room does not know which source it is stands for all sources of its kind that are no other
    device's. A screen is closed by nothing.
    """
    if may == "never" or paused:
        return frozenset()
    named = {device.source for device in devices if device.source}
    shut = [device for device in devices if device.name in closed]
    return frozenset(
        source.track for source in sources if not any(_is(device, source, named) for device in shut)
    )


def _is(device: Device, source: Source, named: Collection[str]) -> bool:
    if device.source:
        return device.source == source.name
    return device.role == source.kind and source.name not in named
