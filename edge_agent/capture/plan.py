"""The whole argument list of the child that records one source. Pure.

Encoded packets are made once and go through ffmpeg's `tee` into two outputs: fragmented MP4
segments in the working directory, and `framecrc` lines on standard output, one for each packet,
which tell the recorder what has been written and when. A broken pipe ends ffmpeg, so a child
whose recorder was killed closes its file and is gone within a packet's time.

Beside them goes the side stream of `capture.side`, which is watched while the lesson runs.
"""

import re
from dataclasses import dataclass
from typing import Final

from edge_agent.capture import side
from edge_agent.capture.encoders import SOFTWARE, Encoder
from edge_agent.capture.inputs import PICTURE_RATE, SOUND_RATE, Input, opened, straightened
from edge_agent.capture.settings import CaptureSettings
from edge_agent.room.model import Source

KEY_SECONDS: Final = 2.0
"""A picture that needs no other at least so often: where players seek and segments are cut."""

TRACK_TIMESCALE: Final = 90000

FRAGMENTED: Final = (
    ("movflags", "+frag_keyframe+empty_moov+default_base_moof"),
    ("frag_duration", "1000000"),
    ("flush_packets", "1"),
)
"""A fragment a second, written at once: what a killed child leaves is readable to its last."""

AAC_DELAY: Final = 2 * 1024 / SOUND_RATE
"""FFmpeg's AAC encoder gives a frame when it has all of the next one."""


SEGMENT: Final = re.compile(r"(?P<track>[a-z][a-z0-9-]*)-(?P<run>\d{3,})-(?P<index>\d{5,})\.mp4")
"""The name of a segment's file."""


@dataclass(frozen=True, slots=True)
class Files:
    """The names of one run of a track, relative to the take's directory."""

    track: str
    run: int

    def segment(self, index: int) -> str:
        """The file of a segment."""
        return f"{self.track}-{self.run:03d}-{index:05d}.mp4"

    @property
    def pattern(self) -> str:
        """The same for ffmpeg, which puts the index in."""
        return f"{self.track}-{self.run:03d}-%05d.mp4"

    @property
    def list(self) -> str:
        """Where ffmpeg lists what it has closed: name, begin, end."""
        return f"{self.track}-{self.run:03d}.csv"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start: `arguments` with `SCRIPT` where the name of `script` must stand."""

    arguments: tuple[str, ...]
    script: str | None


SCRIPT: Final = "{script}"


def plan(
    source: Source,
    files: Files,
    first: int,
    segment_seconds: float,
    settings: CaptureSettings,
    encoder: Encoder = SOFTWARE,
    port: int | None = None,
) -> Plan:
    """The child that records `source` into segments numbered from `first`.

    With a `port` it sends its side stream there as well.
    """
    entrance = opened(source, settings.stall_seconds)
    head = (settings.ffmpeg, "-hide_banner", "-nostats", "-loglevel", "warning")
    device = () if source.copy or source.is_audio else encoder.device
    # A clock stepped by years would otherwise cost a line of complaint for each picture.
    patience = ("-dts_error_threshold", "1000000000")
    out = coding(source, segment_seconds, settings, encoder)
    tee = f"[{_segments(files, first, segment_seconds)}]{files.pattern}|{PACKETS}"
    decoding = () if port is None else side.decoding(source)
    watched = () if port is None else side.output(source, port)
    entering = (*head, *device, *patience, *decoding, *words(entrance))
    return Plan((*entering, *out, "-f", "tee", tee, *watched), entrance.script)


def watching(source: Source, port: int, settings: CaptureSettings) -> Plan:
    """The child that only sends the side stream of `source` to `port`; nothing is kept."""
    entrance = opened(source, settings.stall_seconds)
    head = (settings.ffmpeg, "-hide_banner", "-nostats", "-loglevel", "warning")
    watched = side.output(source, port, alive=PACKETS)
    entering = (*head, *side.decoding(source), *words(entrance))
    return Plan((*entering, *watched), entrance.script)


def words(entrance: Input) -> tuple[str, ...]:
    """An input's arguments, with `SCRIPT` in the place of one that is secret."""
    return (*entrance.arguments, "-i", entrance.address if entrance.script is None else SCRIPT)


PACKETS: Final = "[f=framecrc:onfail=abort:flush_packets=1]pipe:1"


def _segments(files: Files, first: int, seconds: float) -> str:
    inner = r"\\:".join(f"{key}={value}" for key, value in FRAGMENTED)
    options = {
        "f": "segment",
        "onfail": "abort",
        "segment_time": f"{seconds:g}",
        "segment_start_number": str(first),
        "segment_format": "mp4",
        "reset_timestamps": "1",
        "segment_list": files.list,
        "segment_list_type": "csv",
        "segment_list_flags": "+live",
        "segment_format_options": inner,
    }
    return ":".join(f"{key}={value}" for key, value in options.items())


def coding(
    source: Source, segment_seconds: float, settings: CaptureSettings, encoder: Encoder
) -> tuple[str, ...]:
    """How the first stream of a source's kind is encoded, or copied."""
    stream = ("-map", "0:a:0" if source.is_audio else "0:v:0", "-flags", "+global_header")
    if source.copy:
        return (*stream, "-c", "copy")
    if source.is_audio:
        return (*stream, *_sound(source, settings))
    return (*stream, *_picture(source, min(KEY_SECONDS, segment_seconds), settings, encoder))


def _sound(source: Source, settings: CaptureSettings) -> tuple[str, ...]:
    straight = straightened(source)
    counted = ("-af", straight) if straight else ()
    rate = ("-ar", str(SOUND_RATE))
    return (*counted, *rate, "-c:a", "aac", "-b:a", f"{settings.audio_kbits}k")


def _picture(
    source: Source, key_seconds: float, settings: CaptureSettings, encoder: Encoder
) -> tuple[str, ...]:
    rate = source.rate or PICTURE_RATE
    filters = [straightened(source)]
    if source.size and source.driver in {"file", "rtsp"}:
        filters.append("scale={}:{}".format(*source.size))
    filters += ["crop=trunc(iw/2)*2:trunc(ih/2)*2", *encoder.filters]
    peak = settings.peak_kbits
    return (
        *("-vf", ",".join(filters)),
        *("-c:v", encoder.name, *encoder.arguments),
        *("-maxrate", f"{peak}k", "-bufsize", f"{2 * peak}k"),
        *("-g", str(round(rate * key_seconds))),
        *("-force_key_frames", f"expr:gte(t,n_forced*{key_seconds:g})"),
        *("-fps_mode", "vfr", "-enc_time_base", f"1:{TRACK_TIMESCALE}"),
    )


def expected_delay(source: Source) -> float:
    """Seconds by which a packet arrives later than what it shows happened, without its latency.

    A constant of the encoder; what a device adds is the source's `latency`.
    """
    return AAC_DELAY if source.is_audio and not source.copy else 0.0
