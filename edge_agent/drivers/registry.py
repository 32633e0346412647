"""The codecs profiles may name, each with the module that speaks it.

A codec's module has `make(device) -> Driver` and `problems(profile) -> Iterator[str]`: what is
wrong with a profile's commands, readings and golden frames in this codec's words. Modules are
imported when a room needs them: a SOAP library takes half a second that most rooms need not wait.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Final, Protocol, cast

from contract.profile import Profile
from edge_agent.errors import BadConfiguration
from edge_agent.ports.driver import Driver
from edge_agent.room.model import Device

CODECS: Final[dict[str, str]] = {
    "pjlink": "pjlink",
    "samsung-mdc": "samsung_mdc",
    "byte-frames": "frames",
    "lines": "lines",
    "visca": "visca",
    "onvif": "onvif",
    "rtsp": "rtsp",
    "nut": "nut",
    "source": "source",
    "this-pc": "this_pc",
}
"""Name of the codec → module of this package."""


class Codec(Protocol):
    """A codec's module."""

    def make(self, device: Device) -> Driver:
        """A driver for a device; opens nothing yet."""

    def problems(self, profile: Profile) -> Iterator[str]:
        """What this codec cannot read in a profile, each naming command, reading or frame."""


def codec(name: str) -> Codec:
    """The codec of that name.

    Raises:
        BadConfiguration: there is none.
    """
    if name not in CODECS:
        raise BadConfiguration(f"no codec is called {name!r}; there are {', '.join(CODECS)}")
    return cast("Codec", import_module(f"edge_agent.drivers.{CODECS[name]}"))


def driver(device: Device) -> Driver:
    """The driver of a device.

    Raises:
        BadConfiguration: its profile names a codec that does not exist.
    """
    return codec(device.profile.codec.name).make(device)
