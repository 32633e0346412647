"""ONVIF cameras: pan, tilt, zoom, presets, and where their stream and picture are.

`send` is an operation of ONVIF's PTZ service and its words, each a number, or in braces an
argument of the command or a parameter of the profile's codec:

    GotoPreset {number}            the camera's first preset is 1, the next 2, as it lists them
    GotoPreset {park_preset}       the preset of that name
    SetPreset {number}             where it looks now, in place of that preset or as a new one
    ContinuousMove {pan} {tilt} 0  pan, tilt and zoom, each from -100 to 100
    Stop, GotoHomePosition

`query` is GetDeviceInformation, GetStatus or GetSystemDateAndTime, and `parse` the path of the
value in the answer, e.g. `Position.PanTilt.x`; of GetSystemDateAndTime it is `skew`, the seconds
by which the camera's clock is ahead. Golden frames of ONVIF would be pages of XML; there are none.
"""

import re
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final

from contract.profile import Profile, Reading
from edge_agent.drivers import offered
from edge_agent.drivers.onvif_session import OnvifSession
from edge_agent.errors import BadConfiguration, Garbled, Refused, Unreachable, Unsupported
from edge_agent.room import values
from edge_agent.room.model import Arguments, Device, Value

_SLOT: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_NUMBER: Final = re.compile(r"-?\d{1,3}")
_PATH: Final = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+)*")
_QUERIES: Final = {"GetDeviceInformation": "devicemgmt", "GetStatus": "ptz"}
_RTSP: Final = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


def make(device: Device) -> "Onvif":
    """The driver of a camera; opens nothing yet."""
    return Onvif(device)


class Onvif:
    """One camera; see `ports.driver.Driver`."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._session: OnvifSession | None = None

    async def connect(self) -> None:
        """Measure the camera's clock, find its services, and show the password."""
        await self.close()
        self._session = await OnvifSession.opened(self._device)

    async def send(self, command: str, arguments: Arguments) -> None:
        """Tell the camera one thing; it is done when the camera has taken it."""
        sent = offered.command(self._device, command).send
        profile = self._device.profile
        operation, words = _read(sent, {
            **profile.codec.parameters, **values.on_wire(profile, command, arguments)
        })  # fmt: skip
        await _OPERATIONS[operation][1](self._open(), *words)

    async def query(self, point: str) -> Value:
        """Ask the camera one thing."""
        reading = offered.reading(self._device, point)
        session = self._open()
        if why := _unreadable(reading):
            raise BadConfiguration(f"{point}: {why}")
        if reading.query == "GetSystemDateAndTime":
            return await session.clock_skew()
        answer = await session.call(_QUERIES[reading.query], reading.query)
        for name in reading.parse.split("."):
            answer = getattr(answer, name, None)
        if answer is None:
            raise Unsupported(f"the camera does not tell {reading.parse}")
        return values.meaning(reading, str(answer))

    async def stream_uri(self) -> str:
        """The address of its RTSP stream at the host we reached, without user and password.

        Raises:
            Unsupported, Refused, Busy, Unreachable, Garbled: as for `query`.
        """
        return await self._address("GetStreamUri", StreamSetup=_RTSP)

    async def snapshot_uri(self) -> str:
        """The address of a JPEG of what it sees now, as `stream_uri`."""
        return await self._address("GetSnapshotUri")

    async def close(self) -> None:
        """Let go of the session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _address(self, operation: str, **words: Any) -> str:
        session = self._open()
        answer = await session.call("media", operation, **words)
        return session.reachable(getattr(answer, "Uri", ""))

    def _open(self) -> OnvifSession:
        if self._session is None:
            raise Unreachable("the session is not open")
        return self._session


def problems(profile: Profile) -> Iterator[str]:
    """What of a profile is no operation of this codec."""
    for name, command in profile.commands.items():
        known: dict[str, object] = {
            **profile.codec.parameters,
            **dict.fromkeys(command.arguments, 1),
        }
        try:
            operation, words = _read(command.send, known)
        except BadConfiguration as error:
            yield f"command {name}: {error}"
            continue
        if len(words) != _OPERATIONS[operation][0]:
            yield f"command {name}: {operation} takes {_OPERATIONS[operation][0]} words"
        if command.expect:
            yield f"command {name}: expect: the camera answers, nothing else is to be expected"
    for name, reading in profile.readings.items():
        if why := _unreadable(reading):
            yield f"reading {name}: {why}"
    for number, _ in enumerate(profile.golden):
        yield f"golden {number}: ONVIF has no frames that could be kept here"


def _unreadable(reading: Reading) -> str:
    if reading.query == "GetSystemDateAndTime":
        return "" if reading.parse == "skew" else "parse: must be 'skew'"
    if reading.query not in _QUERIES:
        known = ", ".join((*_QUERIES, "GetSystemDateAndTime"))
        return f"query: {reading.query!r} is none of {known}"
    return "" if _PATH.fullmatch(reading.parse) else f"parse: {reading.parse!r} is no path"


def _read(send: str, known: dict[str, object]) -> tuple[str, list[Any]]:
    operation, *words = send.split() or [""]
    if operation not in _OPERATIONS:
        raise BadConfiguration(f"{operation!r} is none of {', '.join(_OPERATIONS)}")
    return operation, [_word(word, known) for word in words]


def _word(word: str, known: dict[str, object]) -> object:
    if _NUMBER.fullmatch(word):
        return int(word)
    slot = _SLOT.fullmatch(word)
    if slot is None:
        raise BadConfiguration(f"{word!r} is neither a number nor a name in braces")
    if slot[1] not in known:
        raise BadConfiguration(f"nothing is called {slot[1]!r}")
    return known[slot[1]]


async def _goto_preset(session: OnvifSession, which: int | str) -> None:
    presets = await _presets(session)
    if isinstance(which, int):
        token = presets[which - 1][0] if 1 <= which <= len(presets) else ""
    else:
        token = next((token for token, name in presets if which in (name, token)), "")
    if not token:
        raise Refused(f"the camera has no preset {which!r}")
    await session.call("ptz", "GotoPreset", PresetToken=token)


async def _set_preset(session: OnvifSession, number: int) -> None:
    presets = await _presets(session)
    if number > len(presets) + 1:
        raise Refused(f"the camera's next free preset is {len(presets) + 1}")
    over = {"PresetToken": presets[number - 1][0]} if number <= len(presets) else {}
    name = presets[number - 1][1] if over else f"Preset {number}"
    await session.call("ptz", "SetPreset", PresetName=name, **over)


async def _move(session: OnvifSession, pan: int, tilt: int, zoom: int) -> None:
    velocity: dict[str, dict[str, float]] = {}
    if pan or tilt or not zoom:
        velocity["PanTilt"] = {"x": pan / 100, "y": tilt / 100}
    if zoom or not (pan or tilt):
        velocity["Zoom"] = {"x": zoom / 100}
    await session.call("ptz", "ContinuousMove", Velocity=velocity)


async def _stop(session: OnvifSession) -> None:
    await session.call("ptz", "Stop", PanTilt=True, Zoom=True)


async def _home(session: OnvifSession) -> None:
    await session.call("ptz", "GotoHomePosition")


async def _presets(session: OnvifSession) -> list[tuple[str, str]]:
    """Token and name of each preset, in the camera's order."""
    listed = await session.call("ptz", "GetPresets")
    try:
        return [(str(each.token), str(each.Name or "")) for each in listed or ()]
    except (AttributeError, TypeError) as error:
        raise Garbled(f"no list of presets: {error}") from error


_OPERATIONS: Final[dict[str, tuple[int, Callable[..., Coroutine[Any, Any, None]]]]] = {
    "GotoPreset": (1, _goto_preset),
    "SetPreset": (1, _set_preset),
    "ContinuousMove": (3, _move),
    "Stop": (0, _stop),
    "GotoHomePosition": (0, _home),
}
"""What can be sent: how many words it takes, and how it is done."""
