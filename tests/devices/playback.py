"""What a viewer would see and hear in a file or at a URL, measured by ffmpeg.

All times are seconds of the file's own timeline.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

Media = Path | str


@dataclass(frozen=True, slots=True)
class Decoded:
    """A stream decoded from its first to its last packet."""

    frames: int
    first: float
    last: float


def decode_video(media: Media) -> Decoded:
    """Decode every picture. Fails the test on the first error."""
    times = [at for at, _ in _brightness(media)]
    assert times, f"no picture in {media}"
    return Decoded(len(times), times[0], times[-1])


def flashes(media: Media, threshold: float = 60) -> list[float]:
    """When the picture as a whole turned brighter by `threshold` levels (of 255) at once."""
    return [at for at, step in steps(media, threshold) if step > 0]


def steps(media: Media, threshold: float = 20) -> list[tuple[float, float]]:
    """When the mean brightness changed by `threshold` levels from a picture to the next.

    A pair is the time of the first changed picture and the change. Of changes in successive
    pictures, which one encoder pass may smear over two, only the first counts.
    """
    found: list[tuple[float, float]] = []
    previous: float | None = None
    quiet_until = -1.0
    for at, level in _brightness(media):
        if previous is not None and abs(level - previous) >= threshold and at > quiet_until:
            found.append((at, level - previous))
            quiet_until = at + 0.09
        previous = level
    return found


def beeps(media: Media, level: str = "-30dB") -> list[float]:
    """When sound began after at least 0.2 s of quiet (the file's beginning counts as quiet)."""
    return [start for start, _ in sounds(media, level, quiet=0.2)]


def sounds(media: Media, level: str = "-40dB", quiet: float = 0.5) -> list[tuple[float, float]]:
    """Stretches with sound, as (start, end), parted by at least `quiet` seconds below `level`."""
    log = _ffmpeg(media, "-map", "0:a:0", "-af", f"silencedetect=noise={level}:d={quiet},ashowinfo")
    ends = [
        float(at) + int(count) / int(rate)
        for at, rate, count in re.findall(r"pts_time:(\S+) .*? rate:(\d+) nb_samples:(\d+)", log)
    ]
    assert ends, f"no sound in {media}"
    silent = re.findall(r"silence_(start|end): (-?[\d.]+)", log)
    found: list[tuple[float, float]] = []
    start: float | None = 0.0
    for what, text in silent:
        at = max(0.0, float(text))
        if what == "start" and start is not None:
            found.append((start, at))
            start = None
        elif what == "end":
            start = at
    if start is not None:
        found.append((start, ends[-1]))
    return [(a, b) for a, b in found if b - a > 0.005 and a < ends[-1] - 0.005]


def _brightness(media: Media) -> list[tuple[float, float]]:
    log = _ffmpeg(
        media, "-map", "0:v:0", "-fps_mode", "passthrough",
        "-vf", "scale=64:36:flags=area,signalstats,metadata=print:key=lavfi.signalstats.YAVG",
    )  # fmt: skip
    found = re.findall(r"pts_time:(\S+).*?\n.*?YAVG=([\d.]+)", log)
    return [(float(at), float(level)) for at, level in found]


def _ffmpeg(media: Media, *options: str) -> str:
    done = subprocess.run(
        [
            "ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-loglevel", "info", "-xerror",
            "-copyts", "-i", media, *options, "-f", "null", "-",
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, f"{media} does not play:\n{done.stderr[-3000:]}"
    return done.stderr
