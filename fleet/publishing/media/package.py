"""MP4 to HLS, copied: one fragmented file a variant, addressed by byte ranges, and playlists."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fleet.publishing.media.tools import ToolFailed

SEGMENT_SECONDS = 6
_INIT = re.compile(r'#EXT-X-MAP:URI="[^"]+",BYTERANGE="(\d+)@0"')
_TARGET = re.compile(r"#EXT-X-TARGETDURATION:\d+")
_SEGMENT = re.compile(r"#EXTINF:([\d.]+),[^\n]*\n#EXT-X-BYTERANGE:(\d+)@\d+")


class BadPlaylist(ToolFailed):
    """ffmpeg wrote a playlist that this module does not understand."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A line of a master playlist. Bandwidths are bits a second."""

    uri: str
    peak: int
    average: int
    codecs: str
    width: int
    height: int


def packaging(source: Path, media: str, playlist: str) -> list[str]:
    """Arguments that write `media` and `playlist` into the current directory."""
    return [
        *("-i", str(source), "-map", "0", "-c", "copy"),
        *("-f", "hls", "-hls_time", str(SEGMENT_SECONDS), "-hls_playlist_type", "vod"),
        *("-hls_segment_type", "fmp4", "-hls_flags", "single_file"),
        *("-hls_segment_filename", media, playlist),
    ]


def settle(playlist: str, duration: float) -> str:
    """The playlist with its last segment ending at `duration`, in seconds.

    ffmpeg reckons that the last picture lasts as long as the first one did, which may have been
    held for minutes.
    """
    lengths = [float(length) for length, _ in _SEGMENT.findall(playlist)]
    rest = duration - sum(lengths[:-1])
    if not lengths or rest <= 0:
        return playlist
    before, mark, after = playlist.rpartition("#EXTINF:")
    target = max(round(length) for length in [*lengths[:-1], rest])
    before = _TARGET.sub(f"#EXT-X-TARGETDURATION:{max(target, 1)}", before)
    return f"{before}{mark}{rest:.6f},{after.partition(',')[2]}"


def describe(playlist: Path, media: Path, uri: str, size: tuple[int, int]) -> Variant:
    """What a master playlist says of a variant that is served as `uri`.

    Raises:
        BadPlaylist: it has no segments, or no byte ranges.
    """
    text = playlist.read_text(encoding="utf-8")
    init = _INIT.search(text)
    segments = [(float(length), int(count)) for length, count in _SEGMENT.findall(text)]
    if init is None or not segments:
        raise BadPlaylist(f"{uri} has no byte ranges of segments")
    with media.open("rb") as file:
        header = file.read(int(init.group(1)))
    long = [part for part in segments if part[0] >= 1.0] or segments
    total = sum(length for length, _ in segments)
    return Variant(
        uri=uri,
        peak=max(round(8 * count / length) for length, count in long),
        average=round(8 * sum(count for _, count in segments) / total),
        codecs=_codecs(header),
        width=size[0],
        height=size[1],
    )


def master(variants: Sequence[Variant]) -> str:
    """A master playlist, thinnest first: some players start with the first one."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for variant in sorted(variants, key=lambda variant: variant.average):
        codecs = f',CODECS="{variant.codecs}"' if variant.codecs else ""
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={variant.peak},AVERAGE-BANDWIDTH={variant.average}"
            f"{codecs},RESOLUTION={variant.width}x{variant.height}"
        )
        lines.append(variant.uri)
    return "\n".join(lines) + "\n"


def _codecs(header: bytes) -> str:
    """RFC 6381 names, from the sample entries of an initialisation segment.

    avcC (ISO/IEC 14496-15): version, profile, compatibility, level.
    """
    names = []
    at = header.find(b"avcC")
    if at >= 0:
        names.append(f"avc1.{header[at + 5 : at + 8].hex()}")
    if b"mp4a" in header:
        names.append("mp4a.40.2")
    return ",".join(names)
