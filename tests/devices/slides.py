"""A presentation on a display: pages that can be told apart by their brightness."""

import re
import subprocess
import sys
from pathlib import Path

from tests.devices.xvfb import Xvfb
from tests.servers.child import Child, Children

BRIGHTNESS = (60, 200, 90, 230, 120, 180)
"""Grey level of page 1, 2, …; neighbours are far apart, so that each change is a step."""


class Slides:
    """A running slide deck."""

    def __init__(self, children: Children, display: Xvfb, directory: Path, seconds: float) -> None:
        pages = [
            _page(directory, display, number, grey) for number, grey in enumerate(BRIGHTNESS, 1)
        ]
        self.child: Child = children.start(
            [
                sys.executable, Path(__file__).with_name("slide_deck.py"),
                "--seconds", str(seconds), *pages,
            ],
            name=f"slides-{len(children.started)}",
            env=display.env,
        )  # fmt: skip
        self.child.wait_for("^page 1 ", 15)

    def shown(self) -> list[float]:
        """When each page so far appeared, in monotonic seconds; the first is page 1."""
        found = re.findall(r"^page \d+ ([\d.]+)$", self.child.output(), re.M)
        return [float(at) for at in found]


def _page(directory: Path, display: Xvfb, number: int, grey: int) -> Path:
    path = directory / f"page{number}.bgra"
    look = f"color=c=0x{grey:02x}{grey:02x}{grey:02x}:s={display.width}x{display.height}"
    text = f"drawtext=text='Page {number}':fontsize=h/4:x=(w-tw)/2:y=(h-th)/2:fontcolor=black"
    subprocess.run(
        [
            "ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", look, "-vf", text,
            "-frames:v", "1", "-pix_fmt", "bgra", "-f", "rawvideo", "-y", path,
        ],
        check=True,
        timeout=30,
    )  # fmt: skip
    return path
