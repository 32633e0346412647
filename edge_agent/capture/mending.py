"""Makes a segment that was cut off anywhere whole again, without encoding it anew."""

import logging
import subprocess
from pathlib import Path
from typing import Final

from edge_agent.capture.packets import Packet, PacketReader
from edge_agent.capture.plan import FRAGMENTED
from edge_agent.capture.sealing import sync, sync_directory

log = logging.getLogger(__name__)

READING_SECONDS: Final = 120.0
UNREADABLE: Final = ".unreadable"
BOX_HEADER: Final = 8
ZEROS: Final = 16
BLOCK: Final = 65536


def mend(path: Path, ffmpeg: str) -> float | None:
    """Repair a segment in its place; returns its seconds.

    None when it has no readable frame; it is then called `*.unreadable`.
    """
    packets = read(path, ffmpeg)
    if packets and not whole(path):
        _cut_zeros(path)
        log.warning("%s ends in a damaged fragment, copying what can be read", path.name)
        packets = _rewritten(path, ffmpeg) or packets
    if not packets:
        log.warning("%s has no readable frame, setting it aside", path.name)
        path.replace(path.with_name(path.name + UNREADABLE))
        sync_directory(path.parent)
        return None
    return max(packet.end for packet in packets) - min(packet.pts for packet in packets)


def read(path: Path, ffmpeg: str) -> list[Packet]:
    """All packets that can be read from a file."""
    lines = PacketReader()
    out = _ffmpeg(ffmpeg, path, "-f", "framecrc", "-")
    found = (lines.read(line) for line in out.decode("ascii", "replace").splitlines(keepends=True))
    return [packet for packet in found if packet]


def whole(path: Path) -> bool:
    """Whether the file is a sequence of complete boxes (ISO/IEC 14496-12, 4.2).

    One that ends in zeros is not: neither H.264 nor AAC does, but a file system after a power cut.
    """
    if _last_byte(path) + ZEROS < path.stat().st_size:
        return False
    size = path.stat().st_size
    at = 0
    with path.open("rb") as file:
        while at + BOX_HEADER <= size:
            file.seek(at)
            header = file.read(BOX_HEADER)
            length = int.from_bytes(header[:4], "big")
            if length < BOX_HEADER or not header[4:].isalnum():
                return False
            at += length
    return at == size


def _last_byte(path: Path) -> int:
    """How many bytes there are up to the last that is not zero."""
    at = path.stat().st_size
    with path.open("rb") as file:
        while at > 0:
            begin = max(0, at - BLOCK)
            file.seek(begin)
            if filled := len(file.read(at - begin).rstrip(b"\0")):
                return begin + filled
            at = begin
    return 0


def _cut_zeros(path: Path) -> None:
    """Cut the zeros off, so that the picture they are in counts as cut off, not as black."""
    with path.open("rb+") as file:
        file.truncate(_last_byte(path))


def _rewritten(path: Path, ffmpeg: str) -> list[Packet]:
    beside = path.with_suffix(".mending")
    options = [word for key, value in FRAGMENTED for word in (f"-{key}", value)]
    _ffmpeg(ffmpeg, path, *options, "-f", "mp4", str(beside))
    packets = read(beside, ffmpeg) if beside.exists() else []
    if packets:
        sync(beside)
        beside.replace(path)
        sync_directory(path.parent)
    else:
        beside.unlink(missing_ok=True)
    return packets


def _ffmpeg(ffmpeg: str, path: Path, *output: str) -> bytes:
    head = (ffmpeg, "-nostdin", "-v", "fatal", "-y", "-fflags", "+discardcorrupt")
    done = subprocess.run(
        (*head, "-i", str(path), "-map", "0", "-c", "copy", *output),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=READING_SECONDS,
    )
    return done.stdout
