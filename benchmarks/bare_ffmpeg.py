"""The peer of what records: one ffmpeg that a user would start by hand, and what it records."""

from typing import Final

from edge_agent.capture.encoders import SOFTWARE
from edge_agent.capture.inputs import opened
from edge_agent.capture.plan import FRAGMENTED, coding, words
from edge_agent.capture.settings import CaptureSettings
from edge_agent.room.model import Source

PICTURE: Final = Source("p", "screen", "presentation", "test", "", size=(1280, 720), rate=30)
SOUND: Final = Source("m", "microphone", "audio", "test", "")
SETTINGS: Final = CaptureSettings(encoder="libx264")


def arguments(seconds: float, segment_seconds: float) -> list[str]:
    """One ffmpeg that records both sources into segments, with no recorder around it."""
    head = [SETTINGS.ffmpeg, "-nostdin", "-hide_banner", "-nostats", "-loglevel", "warning"]
    entrances = [*words(opened(PICTURE)), *words(opened(SOUND))]
    inner = ":".join(f"{key}={value}" for key, value in FRAGMENTED)
    segments = ["-t", f"{seconds:g}", "-f", "segment", "-segment_time", f"{segment_seconds:g}"]
    segments += ["-segment_format", "mp4", "-reset_timestamps", "1"]
    segments += ["-segment_format_options", inner]
    outputs: list[str] = []
    for number, source in enumerate((PICTURE, SOUND)):
        coded = coding(source, segment_seconds, SETTINGS, SOFTWARE)
        mapped = [word.replace("0:", f"{number}:", 1) if ":0" in word else word for word in coded]
        outputs += [*mapped, *segments, f"{source.track}-%05d.mp4"]
    return [*head, *entrances, *outputs]
