"""The files of a lesson: which tracks become what, and how the files are called."""

from collections.abc import Mapping
from dataclasses import dataclass

from fleet.publishing.models import FileKind, Variant
from fleet.publishing.timeline import Lane, Timeline


@dataclass(frozen=True, slots=True)
class Parts:
    """The lanes by their use. `sound` goes with `main`, the first picture; the rest is silent."""

    main: Lane | None
    others: tuple[Lane, ...]
    sound: Lane | None

    @property
    def pictures(self) -> tuple[Lane, ...]:
        """All pictures, the main one first."""
        return (self.main, *self.others) if self.main else ()


@dataclass(frozen=True, slots=True)
class Made:
    """One file to be published. `end` is where its track ends, in microseconds, if it has one."""

    name: str
    kind: FileKind
    track: str
    variant: Variant = "source"
    sound: bool = False
    end: int | None = None


def parts(timeline: Timeline) -> Parts:
    """The presenter is the main picture, or else the first; `audio` the sound, or else the first.

    A second microphone is not published: there is one sound track.
    """
    videos = [lane for lane in timeline.lanes if lane.kind == "video"]
    sounds = [lane for lane in timeline.lanes if lane.kind == "audio"]
    videos.sort(key=lambda lane: (lane.track != "presenter", lane.track))
    sounds.sort(key=lambda lane: (lane.track != "audio", lane.track))
    return Parts(
        main=videos[0] if videos else None,
        others=tuple(videos[1:]),
        sound=sounds[0] if sounds else None,
    )


def first_files(timeline: Timeline) -> list[Made]:
    """What is published as soon as possible."""
    of = parts(timeline)
    made: list[Made] = []
    for lane in of.pictures:
        sound = lane is of.main and of.sound is not None
        end = max(lane.end, of.sound.end) if sound and of.sound else lane.end
        made += [
            Made(f"{lane.track}.mp4", "video", lane.track, sound=sound, end=end),
            Made(f"{lane.track}.m4s", "segments", lane.track, sound=sound),
            Made(f"{lane.track}.source.m3u8", "playlist", lane.track, sound=sound),
            Made(f"{lane.track}.m3u8", "playlist", lane.track, sound=sound),
        ]
    if of.sound is not None:
        made.append(Made("audio.m4a", "audio", of.sound.track, sound=True, end=of.sound.end))
    if of.main is not None:
        made.append(Made("poster.jpg", "poster", of.main.track))
    return made


def low_files(pictures: Mapping[str, bool], *, sound: bool) -> list[Made]:
    """What follows, for the published tracks and whether each has the sound."""
    made: list[Made] = []
    for track, heard in pictures.items():
        made += [
            Made(f"{track}.low.mp4", "video", track, "low", heard),
            Made(f"{track}.low.m4s", "segments", track, "low", heard),
            Made(f"{track}.low.m3u8", "playlist", track, "low", heard),
        ]
    if sound:
        made.append(Made("audio.low.m4a", "audio", "audio", "low", sound=True))
    return made
