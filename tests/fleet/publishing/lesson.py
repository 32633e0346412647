"""Synthetic lessons: segments whose flashes and beeps say when they were recorded."""

import csv
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fleet.publishing.timeline import Piece

SEGMENTER = [
    *("-f", "segment", "-reset_timestamps", "1", "-segment_format", "mp4"),
    *("-segment_list_type", "csv", "-segment_format_options"),
    "movflags=+frag_keyframe+empty_moov+default_base_moof:frag_duration=1000000:flush_packets=1",
]

PERIOD = 2.0
"""A flash and a beep every so many seconds of the take's clock, at 0, 2, 4, …"""


@dataclass(frozen=True)
class Run:
    """One uninterrupted stretch of a source, from `start` on the take's clock."""

    track: str
    start: float
    length: float
    cut: float = 4.0
    run: int = 1
    rate: int = 15
    size: str = "320x180"
    profile: str = "high"
    bframes: int = 0


def record(run: Run, directory: Path) -> tuple[Piece, ...]:
    """Segments as a room makes them; their keys are paths relative to `directory`'s parent."""
    directory.mkdir(parents=True, exist_ok=True)
    name = f"{run.track}-{run.run}"
    # The pattern lies on the take's clock, whatever the start of this run.
    when = f"lt(mod(t+{run.start},{PERIOD}),0.1)"
    if run.track.startswith("audio"):
        source = f"aevalsrc='if({when},0.5*sin(2*PI*1000*t),0)':s=48000:d={run.length}"
        codec = ["-c:a", "aac", "-b:a", "96k"]
    else:
        source = (
            f"color=black:s={run.size}:r={run.rate}:d={run.length},"
            f"drawbox=c=white:t=fill:enable='{when}'"
        )
        codec = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"]
        codec += ["-sc_threshold", "0"]
        codec += ["-profile:v", run.profile, "-bf", str(run.bframes), "-g", str(run.rate * 2)]
    argv = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", source, *codec]
    argv += [*SEGMENTER, "-segment_time", str(run.cut)]
    argv += ["-segment_list", str(directory / f"{name}.csv"), str(directory / f"{name}-%d.mp4")]
    subprocess.run(argv, check=True, timeout=60)
    with (directory / f"{name}.csv").open(newline="") as file:
        # With B frames ffmpeg's list counts from the first decoding time, two frames early.
        late = 2 / run.rate if run.bframes else 0.0
        rows = [
            (row[0], max(0.0, float(row[1]) - late), float(row[2]) - late)
            for row in csv.reader(file)
        ]
    return tuple(
        Piece(
            key=f"{directory.name}/{row[0]}",
            run=run.run,
            start=round((run.start + row[1]) * 1e6),
            duration=round((row[2] - row[1]) * 1e6),
        )
        for row in rows
    )
