"""What pictures and sound measure, and what of it is a fault. Pure.

How long a fault must last before a person is told is in `room.watch_rules`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edge_agent.room.model import Arguments, Source, SourceKind, Value

BLACK: Final = 0.98
"""Share of dark pixels, as ffmpeg's blackdetect counts them."""

FROZEN: Final = 0.02
"""Mean difference in levels of 255. The noise of any camera makes more; the same picture, none."""

BLURRED: Final = 0.3
"""Share of the usual detail."""

ELSEWHERE: Final = 0.2
"""Share of the usual edges that are where they were, beyond those that are there by chance."""

SILENT: Final = -65.0
"""In dBFS. A room where nobody speaks is louder, a microphone without battery is not."""

COPIED_KBITS: Final = 4000
"""What network cameras send for a picture of 1080 lines, as they leave the factory."""

CLIPPED: Final = 0.005
HUM: Final = 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """What one picture measures. Levels are of 255, in grey.

    Attributes:
        brightness: mean level.
        dark: share of pixels below level 32.
        sharpness: variance of the Laplacian.
        motion: mean difference to the picture before; None for a first picture.
        detail: sharpness for its contrast, as a share of what the camera usually has; None
            while that is not known.
        view: how much of the usual view is there: 1 all of it, 0 as much as by chance; None while
            it is not known, or has too little in it to be told.
    """

    brightness: float
    dark: float
    sharpness: float
    motion: float | None = None
    detail: float | None = None
    view: float | None = None


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the last moment of sound measures.

    Attributes:
        level: RMS over 0.4 s, in dBFS.
        zero: the last 0.4 s are digital zeros.
        clipped: share of samples at full scale in the last second.
        hum: share of the energy of the last second that is at multiples of 50 or of 60 Hz.
        momentary: loudness by EBU R128 over 0.4 s, in LUFS.
        short_term: the same over 3 s.
    """

    level: float
    zero: bool
    clipped: float
    hum: float
    momentary: float
    short_term: float


def points_of_picture(kind: SourceKind, look: Look) -> dict[str, Value]:
    """What to say of a picture: its faults by name, and what it measures.

    A slide may stand still and be of one colour; only a camera is judged by its view.
    """
    points: dict[str, Value] = {
        "black": look.dark >= BLACK,
        "brightness": round(look.brightness, 1),
        "sharpness": round(look.sharpness, 1),
    }
    if kind != "camera":
        return points
    elsewhere = look.view is not None and look.view < ELSEWHERE
    plain = look.detail is not None and look.detail < BLURRED
    return points | {
        "frozen": look.motion is not None and look.motion < FROZEN,
        "covered": plain and elsewhere,
        "blurred": plain and not elsewhere,
        "moved": elsewhere and not plain,
    }


def points_of_sound(hearing: Hearing) -> dict[str, Value]:
    """The same of sound."""
    return {
        "muted": hearing.zero,
        "silent": hearing.level < SILENT,
        "clipped": hearing.clipped > CLIPPED,
        "hum": hearing.hum > HUM and hearing.level > SILENT,
        "level": round(hearing.level, 1),
        "loudness": round(hearing.short_term, 1),
    }


def apart(sources: tuple[Source, ...], offsets: Mapping[str, float]) -> float | None:
    """Seconds between sound and picture where they are farthest apart; None without one of them.

    `offsets`: by track, how much later it is than where the recording has it.
    """
    known = [source for source in sources if source.track in offsets]
    sounds = [offsets[source.track] for source in known if source.is_audio]
    pictures = [offsets[source.track] for source in known if not source.is_audio]
    return max((abs(s - p) for s in sounds for p in pictures), default=None)


def lesson_bytes(
    sources: tuple[Source, ...], seconds: float, picture_kbits: int, sound_kbits: int
) -> float:
    """How large a lesson is at the most. What a camera encodes by itself is not known: guessed."""
    kbits = sum(
        sound_kbits if source.is_audio else COPIED_KBITS if source.copy else picture_kbits
        for source in sources
    )
    return seconds * kbits * 1000 / 8


def aimed(command: str, arguments: Arguments) -> str | None:
    """The name of the view that a command turns a camera to.

    None when it turns to none that could be known again: by hand, or by itself.

    Raises:
        LookupError: the command does not turn it.
    """
    match command:
        case "preset":
            return f"preset {arguments.get('number')}"
        case "home" | "park":
            return command
        case "move" | "zoom" | "tracking":
            return None
    raise LookupError(command)
