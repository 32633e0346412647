"""Low-bitrate copies: picture, slides and sound together fit a link of 256 kbit/s, with room.

The presenter is a face that moves: few lines, ten pictures a second. Slides are letters that
stand still: more lines, two pictures a second. Bit rates are ceilings, not averages.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Recipe:
    """Lines, pictures a second, ceiling of the picture in kbit/s."""

    lines: int
    rate: int
    ceiling: int


PERSON = Recipe(lines=360, rate=10, ceiling=110)
SLIDES = Recipe(lines=540, rate=2, ceiling=48)
SOUND_KBITS = 32


def recipe(track: str) -> Recipe:
    """How a track is made small."""
    return SLIDES if track == "presentation" else PERSON


def shrinking(source: Path, chosen: Recipe, *, sound: bool, output: Path) -> list[str]:
    """Arguments that encode `source` small."""
    seconds = 6
    arguments = [
        *("-i", str(source), "-map", "0:v:0"),
        *("-vf", f"fps={chosen.rate},scale=-2:'min({chosen.lines},ih)'", "-pix_fmt", "yuv420p"),
        *("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-crf", "28"),
        *("-maxrate", f"{chosen.ceiling}k", "-bufsize", f"{chosen.ceiling * 2}k"),
        *("-g", str(chosen.rate * seconds), "-sc_threshold", "0"),
    ]
    if sound:
        arguments += ["-map", "0:a:0", "-c:a", "aac", "-b:a", f"{SOUND_KBITS}k", "-ac", "1"]
    return [*arguments, "-movflags", "+faststart", "-f", "mp4", str(output)]


def sound_only(source: Path, output: Path) -> list[str]:
    """Arguments that copy the sound track of `source`."""
    return [
        *("-i", str(source), "-map", "0:a:0", "-c", "copy"),
        *("-movflags", "+faststart", "-f", "mp4", str(output)),
    ]


def thin_sound(source: Path, output: Path) -> list[str]:
    """Arguments that encode a sound track small."""
    return [
        *("-i", str(source), "-map", "0:a:0", "-c:a", "aac", "-b:a", f"{SOUND_KBITS}k"),
        *("-ac", "1", "-movflags", "+faststart", "-f", "mp4", str(output)),
    ]
