"""Makes the files of a lesson. Knows ffmpeg and the file store, and no database."""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleet.publishing.media.join import Script, joining, prepare
from fleet.publishing.media.layout import Made, parts
from fleet.publishing.media.package import Variant, describe, master, packaging, settle
from fleet.publishing.media.probe import Probed, probe
from fleet.publishing.media.renditions import recipe, shrinking, thin_sound
from fleet.publishing.media.still import still
from fleet.publishing.media.tools import ToolFailed, Tools
from fleet.publishing.timeline import Lane, Timeline, seconds
from fleet.recordings.ports import FileStore

_TOLERANCE = 1.0
_CHUNK = 1024 * 1024
_Call = tuple[Callable[..., Any], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Edition:
    """Which revision of which lesson."""

    lesson: str
    revision: int

    def key(self, name: str) -> str:
        """Where a file of it lies in the store."""
        return f"lessons/{self.lesson}/{self.revision}/{name}"


@dataclass(frozen=True, slots=True)
class Described:
    """A finished file: its key, content, and what ffprobe says of it."""

    made: Made
    key: str
    bytes: int
    sha256: str
    found: Probed | None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height; zeros without a picture."""
        return _size(self.found)


class Studio:
    """Each method may be cut short anywhere and called again. Thread-safe; all calls block.

    A method works in a directory of its own, and hands finished files to the store, which takes
    them whole or not at all.

    Args:
        files: where segments are and publications go.
        tools: ffmpeg and ffprobe.
        work: directory for unfinished files, on the file system of `files`.
        at_once: children that run at the same time for one lesson.
    """

    def __init__(self, files: FileStore, tools: Tools, work: Path, at_once: int = 2) -> None:
        self._files = files
        self._tools = tools
        self._work = work
        self._at_once = at_once

    def bytes_of(self, timeline: Timeline) -> int:
        """Length of all segments together."""
        keys = {piece.key for lane in timeline.lanes for piece in lane.pieces}
        return sum(self._files.path(key).stat().st_size for key in keys)

    def join(self, edition: Edition, timeline: Timeline) -> None:
        """One MP4 a picture, the main one with the sound; the sound alone."""
        of = parts(timeline)
        with self._room(edition, "join") as work:
            lanes: list[Lane] = [*of.pictures, *([of.sound] if of.sound else [])]
            prepared = self._together([(self._prepare, (lane, work)) for lane in lanes])
            scripts = dict(zip(((la.kind, la.track) for la in lanes), prepared, strict=True))
            sound = scripts["audio", of.sound.track] if of.sound else None
            calls: list[_Call] = []
            for lane in of.pictures:
                heard = sound if lane is of.main else None
                name = f"{lane.track}.mp4"
                arguments = joining(scripts["video", lane.track], heard, work / name)
                calls.append((self._make, (edition, work, arguments, name)))
            if sound is not None:
                arguments = joining(None, sound, work / "audio.m4a")
                calls.append((self._make, (edition, work, arguments, "audio.m4a")))
            self._together(calls)

    def package(self, edition: Edition, timeline: Timeline) -> None:
        """HLS of each picture."""
        with self._room(edition, "package") as work:
            pictures = parts(timeline).pictures
            self._together([(self._package, (edition, work, lane.track)) for lane in pictures])

    def poster(self, edition: Edition, timeline: Timeline) -> None:
        """One picture of the lesson; a lesson that is only sound has none."""
        main = parts(timeline).main
        if main is None:
            return
        with self._room(edition, "poster") as work:
            source = self._files.path(edition.key(f"{main.track}.mp4"))
            arguments = still(source, seconds(main.end), work / "poster.jpg")
            self._make(edition, work, arguments, "poster.jpg")

    def shrink(self, edition: Edition, pictures: Mapping[str, bool], *, sound: bool) -> None:
        """Low-bitrate copies, and master playlists `{track}.both.m3u8` that offer both.

        Args:
            edition: what is published.
            pictures: its tracks, and whether each has the sound.
            sound: whether there is a sound track alone.
        """
        with self._room(edition, "renditions") as work:
            for track, heard in pictures.items():
                self._shrink(edition, work, track, sound=heard)
            if sound:
                source = self._files.path(edition.key("audio.m4a"))
                arguments = thin_sound(source, work / "audio.low.m4a")
                self._make(edition, work, arguments, "audio.low.m4a", patient=True)

    def inspect(self, edition: Edition, made: Sequence[Made]) -> list[Described]:
        """Look at finished files.

        Raises:
            ToolFailed: one is not as long as its track, or cannot be read.
        """
        return self._together([(self._inspect, (edition, file)) for file in made])

    def digest(self, key: str) -> tuple[str, int]:
        """SHA-256 and length of a stored file."""
        digest, length = hashlib.sha256(), 0
        with self._files.path(key).open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                self._tools.check()
                digest.update(chunk)
                length += len(chunk)
        return digest.hexdigest(), length

    def _prepare(self, lane: Lane, work: Path) -> Script:
        own = work / f"{lane.kind}-{lane.track}"
        own.mkdir()
        files = {piece.key: self._files.path(piece.key).resolve() for piece in lane.pieces}
        return prepare(self._tools, lane, files, own)

    def _package(self, edition: Edition, work: Path, track: str) -> None:
        source = self._files.path(edition.key(f"{track}.mp4")).resolve()
        variant = self._segment(edition, work, source, track, "source")
        self._write(edition, work, f"{track}.m3u8", master([variant]))

    def _shrink(self, edition: Edition, work: Path, track: str, *, sound: bool) -> None:
        source = self._files.path(edition.key(f"{track}.mp4")).resolve()
        name = f"{track}.low.mp4"
        arguments = shrinking(source, recipe(track), sound=sound, output=work / name)
        self._make(edition, work, arguments, name, patient=True)
        small = self._files.path(edition.key(name)).resolve()
        low = self._segment(edition, work, small, track, "low")
        full = describe(
            self._files.path(edition.key(f"{track}.source.m3u8")),
            self._files.path(edition.key(f"{track}.m4s")),
            f"{track}.source.m3u8",
            _size(probe(self._tools, source)),
        )
        self._write(edition, work, f"{track}.both.m3u8", master([low, full]))

    def _segment(
        self, edition: Edition, work: Path, source: Path, track: str, variant: str
    ) -> Variant:
        media = f"{track}.m4s" if variant == "source" else f"{track}.low.m4s"
        playlist = f"{track}.{variant}.m3u8"
        self._tools.ffmpeg(packaging(source, media, playlist), cwd=work)
        found = probe(self._tools, source)
        text = (work / playlist).read_text(encoding="utf-8")
        (work / playlist).write_text(settle(text, found.duration), encoding="utf-8")
        described = describe(work / playlist, work / media, playlist, _size(found))
        for name in (media, playlist):
            self._files.put(edition.key(name), work / name)
        return described

    def _make(
        self,
        edition: Edition,
        work: Path,
        arguments: Sequence[str],
        name: str,
        *,
        patient: bool = False,
    ) -> None:
        self._tools.ffmpeg(arguments, cwd=work, patient=patient)
        self._files.put(edition.key(name), work / name)

    def _write(self, edition: Edition, work: Path, name: str, text: str) -> None:
        (work / name).write_text(text, encoding="utf-8")
        self._files.put(edition.key(name), work / name)

    def _inspect(self, edition: Edition, made: Made) -> Described:
        key = edition.key(made.name)
        sha256, size = self.digest(key)
        file = self._files.path(key)
        found = probe(self._tools, file) if made.kind in {"video", "audio"} else None
        if found and made.end and abs(found.duration - seconds(made.end)) > _TOLERANCE:
            raise ToolFailed(
                f"{made.name} lasts {found.duration:.1f} s, and should {seconds(made.end):.1f} s"
            )
        return Described(made, key, size, sha256, found)

    @contextmanager
    def _room(self, edition: Edition, name: str) -> Iterator[Path]:
        """An empty directory, gone at the end; what an earlier death left there goes first."""
        work = self._work.resolve() / f"{edition.lesson}-{edition.revision}-{name}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _together(self, calls: Sequence[_Call]) -> list[Any]:
        """Do calls at the same time, a few at once; the first failure is raised at the end."""
        with ThreadPoolExecutor(self._at_once) as pool:
            return [call.result() for call in [pool.submit(do, *args) for do, args in calls]]


def _size(found: Probed | None) -> tuple[int, int]:
    picture = found.first("video") if found else None
    return (picture.width, picture.height) if picture else (0, 0)
