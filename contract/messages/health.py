"""How a room is doing: readings, and events about the PC itself."""

from typing import Literal

from contract.messages.base import Count, Id, Index, Payload, Seconds, Time, TrackName


class Reading(Payload, frozen=True, kw_only=True):
    """One measured number, with its unit in SI or `%`, `B`, `B/s`, `°C`."""

    device: str
    point: str
    value: float
    unit: str = ""


class Report(Payload, frozen=True, kw_only=True):
    """All readings since the last report. `uptime` is seconds since the PC booted."""

    at: Time
    uptime: Seconds
    clock_offset: float | None = None
    readings: tuple[Reading, ...] = ()


class DiskState(Payload, frozen=True, kw_only=True):
    """The recording disk crossed a threshold. `full`: no new take is started."""

    state: Literal["ok", "low", "full"]
    free_bytes: Count


class ClockStepped(Payload, frozen=True, kw_only=True):
    """The PC's wall clock jumped; recordings are timed by the monotonic clock and go on."""

    by_seconds: float


class OutboxDropped(Payload, frozen=True, kw_only=True):
    """The oldest telemetry made room for newer: which sequence numbers, inclusive."""

    channel: str
    first: Count
    last: Count
    count: Count


class OutboxReset(Payload, frozen=True, kw_only=True):
    """An outbox file that could not be opened was set aside under `set_aside`."""

    set_aside: str
    why: str


class UploadRefused(Payload, frozen=True, kw_only=True):
    """The fleet refused a segment for good; the room keeps the file."""

    take: Id
    track: TrackName
    index: Index
    why: str
