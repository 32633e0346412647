"""What a device's profile offers over the line in use."""

from contract.profile import Command, Reading
from edge_agent.errors import Unsupported
from edge_agent.room.model import Device


def command(device: Device, name: str) -> Command:
    """The command of that name.

    Raises:
        Unsupported: there is none, or not over this transport.
    """
    found = device.profile.commands.get(name)
    if found is None:
        raise Unsupported(f"{device.profile.id} has no command {name!r}")
    if found.transports and device.transport.kind not in found.transports:
        raise Unsupported(f"{name!r} is not to be had over {device.transport.kind}")
    return found


def reading(device: Device, point: str) -> Reading:
    """The reading of that name.

    Raises:
        Unsupported: there is none, or not over this transport.
    """
    found = device.profile.readings.get(point)
    if found is None:
        raise Unsupported(f"{device.profile.id} has no reading {point!r}")
    if found.transports and device.transport.kind not in found.transports:
        raise Unsupported(f"{point!r} is not to be had over {device.transport.kind}")
    return found
