"""Opens one source for a moment and says what it gives."""

import re
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_agent.capture.inputs import opened, secrets
from edge_agent.capture.packets import Packet, PacketReader
from edge_agent.capture.plan import Plan, words
from edge_agent.capture.process import Child
from edge_agent.room.model import Source

LOOK_SECONDS: Final = 2.0
LIMIT_SECONDS: Final = 15.0
THUMBNAIL_WIDTH: Final = 480


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What a source gave in two seconds.

    Attributes:
        opens: whether anything came.
        why: when it does not, ffmpeg's reason in one line; otherwise empty.
        width: of a picture, in pixels.
        height: of a picture, in pixels.
        rate: pictures, or samples of sound, a second.
        codec: as it leaves the device, e.g. `rawvideo`, `h264`, `pcm_s16le`.
        level_rms: of sound, in dBFS over the two seconds; silence is -91.
        level_peak: of sound, in dBFS.
        thumbnail: the JPEG file of its last picture, if one was asked for and written.
    """

    opens: bool
    why: str = ""
    width: int | None = None
    height: int | None = None
    rate: float | None = None
    codec: str | None = None
    level_rms: float | None = None
    level_peak: float | None = None
    thumbnail: Path | None = None


def check(source: Source, thumbnail: Path | None, *, ffmpeg: str = "ffmpeg") -> SourceCheck:
    """Open a source, look for two seconds, at most 15. Blocks. Never raises for a bad source."""
    if thumbnail is not None:
        thumbnail.unlink(missing_ok=True)
    lines = PacketReader()
    try:
        packets, child = _looked(_plan(source, thumbnail, ffmpeg), source, lines)
    except OSError as error:
        return SourceCheck(False, f"ffmpeg cannot be started: {error}")
    if not packets:
        return SourceCheck(False, child.complaint or f"no data within {LIMIT_SECONDS:g} s")
    codec = lines.header.get("codec_id")
    if source.is_audio:
        rms, peak = _level(child.complaints, "mean"), _level(child.complaints, "max")
        rate = float(lines.header["sample_rate"])
        return SourceCheck(True, rate=rate, codec=codec, level_rms=rms, level_peak=peak)
    width, height = (int(part) for part in lines.header["dimensions"].split("x"))
    shot = thumbnail if thumbnail is not None and thumbnail.exists() else None
    return SourceCheck(True, "", width, height, _rate(packets), codec, thumbnail=shot)


def _plan(source: Source, thumbnail: Path | None, ffmpeg: str) -> Plan:
    entrance = opened(source)
    head = (ffmpeg, "-hide_banner", "-nostats", "-loglevel", "info", "-y")
    limit = ("-t", f"{LOOK_SECONDS:g}")
    stream = ("-map", "0:a:0" if source.is_audio else "0:v:0")
    as_it_comes = (*stream, *limit, "-c", "copy", "-flush_packets", "1", "-f", "framecrc", "pipe:1")
    seen: tuple[str, ...] = ()
    if source.is_audio:
        seen = (*stream, *limit, "-af", "volumedetect", "-f", "null", "-")
    elif thumbnail is not None:
        # The last picture of several: cameras need a moment to adjust to the light.
        look = ("-r", "2", "-vf", f"scale={THUMBNAIL_WIDTH}:-2", "-q:v", "4", "-update", "1")
        seen = (*stream, *limit, *look, "-f", "image2", str(thumbnail.absolute()))
    return Plan((*head, *words(entrance), *as_it_comes, *seen), entrance.script)


def _looked(plan: Plan, source: Source, lines: PacketReader) -> tuple[list[Packet], Child]:
    child = Child(plan, Path(tempfile.gettempdir()), secrets(source))
    limit = threading.Timer(LIMIT_SECONDS, child.end)
    limit.start()
    try:
        packets = [
            packet for batch in child.batches() for line in batch if (packet := lines.read(line))
        ]
    finally:
        limit.cancel()
        child.reap()
    return packets, child


def _rate(packets: Sequence[Packet]) -> float | None:
    span = packets[-1].pts - packets[0].pts
    return round((len(packets) - 1) / span, 2) if span > 0 else None


def _level(lines: Sequence[str], which: str) -> float | None:
    found = (re.search(rf"{which}_volume: (-?[\d.]+) dB", line) for line in lines)
    return next((float(match[1]) for match in found if match), None)
