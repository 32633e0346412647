"""Spoken and synchronised test material."""

import subprocess
from pathlib import Path

FLASH_PERIOD = 2.0
FLASH_SECONDS = 0.1
TEXT = (
    "Good morning. Today we look at how water moves through a landscape. "
    "Rain falls on the hills, and a part of it runs off at once."
)


def speak(path: Path, text: str = TEXT, words_per_minute: int = 150) -> float:
    """Have espeak-ng read `text` into a WAV file; its length in seconds."""
    subprocess.run(
        ["espeak-ng", "-v", "en", "-s", str(words_per_minute), "-w", path, "--", text],
        check=True,
        timeout=30,
    )
    return duration(path)


def flash_and_beep(path: Path, seconds: float, size: str = "640x360", rate: int = 30) -> None:
    """Write a clip whose picture is white, and whose sound beeps, for 0.1 s every 2 s.

    The first flash is at 1 s; both begin at the same moment.
    """
    on = f"between(mod(t+{FLASH_PERIOD / 2},{FLASH_PERIOD}),0,{FLASH_SECONDS})*gte(t,0.5)"
    picture = f"color=black:s={size}:r={rate},drawbox=c=white:t=fill:enable='{on}'"
    sound = f"aevalsrc='0.8*sin(2*PI*1000*t)*{on}':s=48000"
    subprocess.run(
        [
            "ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", picture,
            "-f", "lavfi", "-i", sound,
            "-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency",
            "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", "-f", "matroska", "-y", path,
        ],
        check=True,
        timeout=60,
    )  # fmt: skip


def duration(path: Path | str) -> float:
    """Length of a file or URL in seconds, by ffprobe."""
    answer = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path],
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    return float(answer.stdout)
