"""The steps of publishing: each can die at any point and be done again.

A step works in a directory of its own, and hands finished files to the file store, which takes
them whole or not at all. Nothing is visible before the `publish` step's transaction.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from fleet.db import Database, publish
from fleet.publishing import repository, service
from fleet.publishing.events import PublishingFailed
from fleet.publishing.media import layout
from fleet.publishing.media.join import Script, joining, prepare
from fleet.publishing.media.layout import Made
from fleet.publishing.media.package import Variant, describe, master, packaging, settle
from fleet.publishing.media.probe import Probed, probe
from fleet.publishing.media.renditions import recipe, shrinking, thin_sound
from fleet.publishing.media.still import still
from fleet.publishing.media.tools import ToolFailed, Tools
from fleet.publishing.models import MediaFile, Publication, Reason
from fleet.publishing.ports import Files, Sources
from fleet.publishing.timeline import Lane, Mark, Timeline, lay, seconds

ENOUGH = 2.5
"""Space a lesson needs while it is published, as a multiple of its segments: MP4, HLS, and some."""

_TOLERANCE = 1.0
_CHUNK = 1024 * 1024


class NoMedia(Exception):
    """There is nothing to publish; trying again does not help until something arrives."""


@dataclass(frozen=True, slots=True)
class Edition:
    """Which revision of which lesson."""

    lesson: str
    revision: int

    def key(self, name: str) -> str:
        """Where a file of it lies in the store."""
        return f"lessons/{self.lesson}/{self.revision}/{name}"


class Maker:
    """Does the steps. Thread-safe; all methods block.

    Args:
        database: the fleet's.
        files: where segments are and publications go.
        tools: ffmpeg and ffprobe.
        sources: what the folders below say of a lesson.
        work: directory for unfinished files, on the file system of `files`.
        reserve: bytes that publishing leaves free.
        at_once: children that run at the same time in one step.
    """

    def __init__(
        self,
        database: Database,
        files: Files,
        tools: Tools,
        sources: Sources,
        work: Path,
        *,
        reserve: int,
        at_once: int = 2,
    ) -> None:
        self._database = database
        self._files = files
        self._tools = tools
        self._sources = sources
        self._work = work
        self._reserve = reserve
        self._at_once = at_once

    def gather(self, lesson: str, revision: int) -> str:
        """Lay the lesson's takes on one line; the result goes into the other steps.

        Raises:
            NoMedia: no take has a segment.
        """
        edition = Edition(lesson, revision)
        with self._database.write() as session:
            takes = self._sources.takes(session, lesson)
            timeline = lay(takes)
            row = _row(session, edition)
            row.attempts += 1
            _note(row, "gather")
            if row.state == "due":
                row.state = "processing"
                row.content = service.content_of(takes)
                row.bell_at = service.bell_of(takes)
        if not timeline.lanes:
            raise NoMedia("no take of this lesson has arrived with any picture or sound")
        return msgspec.json.encode(timeline).decode()

    def space(self, lesson: str, revision: int, plan: str) -> bool:
        """Whether there is room; when not, the publication says so."""
        lanes = _timeline(plan).lanes
        keys = [piece.key for lane in lanes for piece in lane.pieces]
        needed = round(ENOUGH * sum(self._files.path(key).stat().st_size for key in keys))
        free = self._files.free_bytes() - self._reserve
        if free >= needed:
            return True
        mib = 1024 * 1024
        with self._database.write() as session:
            row = _row(session, Edition(lesson, revision))
            row.reason = "no_space"
            row.error = (
                f"waiting for space: {needed // mib} MiB are needed, {max(free, 0) // mib} MiB are "
                "free; delete what is not needed, or give the store more room"
            )
        return False

    def join(self, lesson: str, revision: int, plan: str) -> None:
        """One MP4 a picture, the main one with the sound; the sound alone."""
        edition = Edition(lesson, revision)
        of = layout.parts(_timeline(plan))
        with self._step(edition, "join") as work:
            lanes: list[Lane] = [*of.pictures, *([of.sound] if of.sound else [])]
            prepared = self._together([(self._prepare, (lane, work)) for lane in lanes])
            scripts = dict(zip((lane.track for lane in lanes), prepared, strict=True))
            sound = scripts[of.sound.track] if of.sound else None
            jobs: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
            for lane in of.pictures:
                heard = sound if lane is of.main else None
                arguments = joining(scripts[lane.track], heard, work / f"{lane.track}.mp4")
                jobs.append((self._make, (edition, work, arguments, [f"{lane.track}.mp4"])))
            if sound is not None:
                arguments = joining(None, sound, work / "audio.m4a")
                jobs.append((self._make, (edition, work, arguments, ["audio.m4a"])))
            self._together(jobs)

    def package(self, lesson: str, revision: int, plan: str) -> None:
        """HLS of each picture."""
        edition = Edition(lesson, revision)
        with self._step(edition, "package") as work:
            pictures = layout.parts(_timeline(plan)).pictures
            self._together([(self._package, (edition, work, lane.track)) for lane in pictures])

    def poster(self, lesson: str, revision: int, plan: str) -> None:
        """One picture of the lesson; a lesson that is only sound has none."""
        edition, timeline = Edition(lesson, revision), _timeline(plan)
        main = layout.parts(timeline).main
        if main is None:
            return
        with self._step(edition, "poster") as work:
            source = self._files.path(edition.key(f"{main.track}.mp4"))
            arguments = still(source, seconds(main.end), work / "poster.jpg")
            self._make(edition, work, arguments, ["poster.jpg"])

    def publish(self, lesson: str, revision: int, plan: str) -> None:
        """Check what was made, and show it, or hold it if the course wants that.

        Raises:
            ToolFailed: a file is not as long as its track, or cannot be read.
        """
        edition, timeline = Edition(lesson, revision), _timeline(plan)
        rows = self._describe(edition, layout.first_files(timeline))
        with self._database.write() as session:
            row = _row(session, edition)
            if row.state in repository.MADE:
                return
            row.files = rows
            row.duration = seconds(timeline.duration)
            row.marks = [_mark(mark) for mark in timeline.marks]
            row.reason = row.error = None
            row.attempts = 0
            _note(row, "")
            if self._sources.policy(session, lesson) == "hold":
                row.state = "held"
            else:
                service.show(session, row, datetime.now(UTC))

    def renditions(self, lesson: str, revision: int) -> None:
        """Low-bitrate copies of what is published, and master playlists that offer both."""
        edition = Edition(lesson, revision)
        pictures, sound = self._published(edition)
        with self._step(edition, "renditions") as work:
            for track, heard in pictures.items():
                self._shrink(edition, work, track, sound=heard)
            if sound:
                source = self._files.path(edition.key("audio.m4a"))
                arguments = thin_sound(source, work / "audio.low.m4a")
                self._make(edition, work, arguments, ["audio.low.m4a"], patient=True)

    def offer(self, lesson: str, revision: int) -> None:
        """Add the low-bitrate copies to what is published."""
        edition = Edition(lesson, revision)
        pictures, sound = self._published(edition)
        rows = self._describe(edition, layout.low_files(pictures, sound=sound))
        masters = {f"{track}.m3u8": edition.key(f"{track}.both.m3u8") for track in pictures}
        digests = {name: _digest(self._files.path(key)) for name, key in masters.items()}
        with self._database.write() as session:
            row = _row(session, edition)
            if row.low == "made":
                return
            for file in row.files:
                if file.name in masters:
                    file.key = masters[file.name]
                    file.sha256, file.bytes = digests[file.name]
            row.files.extend(rows)
            row.low = "made"
            row.reason = row.error = None
            _note(row, "")

    def note(self, lesson: str, revision: int, reason: Reason, error: str) -> None:
        """Say what went wrong; it is tried again."""
        with self._database.write() as session:
            row = _row(session, Edition(lesson, revision))
            row.reason, row.error = reason, error
            row.updated_at = datetime.now(UTC)

    def give_up(self, lesson: str, revision: int, reason: Reason, error: str) -> None:
        """Say that a person has to look at it. What is published stays so."""
        with self._database.write() as session:
            row = _row(session, Edition(lesson, revision))
            row.reason, row.error = reason, error
            _note(row, "")
            if row.state in repository.UNFINISHED:
                row.state = "failed"
            elif row.low == "due":
                row.low = "failed"
            publish(session, PublishingFailed(lesson, revision, error))

    def discard(self, publication_id: str) -> None:
        """Delete the files of a revision that was replaced."""
        with self._database.read() as session:
            row = session.get_one(Publication, publication_id)
            keys = [file.key for file in row.files]
        for key in keys:
            self._files.delete(key)
        with self._database.write() as session:
            session.get_one(Publication, publication_id).files.clear()

    def _published(self, edition: Edition) -> tuple[dict[str, bool], bool]:
        """The published pictures, and whether each has the sound; whether there is a sound."""
        with self._database.read() as session:
            files = [file for file in _row(session, edition).files if file.variant == "source"]
            pictures = {file.track: file.sound for file in files if file.kind == "video"}
            return pictures, any(file.kind == "audio" for file in files)

    def _prepare(self, lane: Lane, work: Path) -> Script:
        own = work / f"{lane.kind}-{lane.track}"
        own.mkdir()
        files = {piece.key: self._files.path(piece.key) for piece in lane.pieces}
        return prepare(self._tools, lane, files, own)

    def _package(self, edition: Edition, work: Path, track: str) -> None:
        source = self._files.path(edition.key(f"{track}.mp4"))
        variant = self._segment(edition, work, source, track, "source")
        self._write(edition, work, f"{track}.m3u8", master([variant]))

    def _shrink(self, edition: Edition, work: Path, track: str, *, sound: bool) -> None:
        source = self._files.path(edition.key(f"{track}.mp4"))
        name = f"{track}.low.mp4"
        chosen = recipe(track)
        arguments = shrinking(source, chosen, sound=sound, output=work / name)
        self._make(edition, work, arguments, [name], patient=True)
        low = self._segment(edition, work, self._files.path(edition.key(name)), track, "low")
        playlist = self._files.path(edition.key(f"{track}.source.m3u8"))
        segments = self._files.path(edition.key(f"{track}.m4s"))
        size = _size(probe(self._tools, source))
        full = describe(playlist, segments, f"{track}.source.m3u8", size)
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
        names: Sequence[str],
        *,
        patient: bool = False,
    ) -> None:
        self._tools.ffmpeg(arguments, cwd=work, patient=patient)
        for name in names:
            self._files.put(edition.key(name), work / name)

    def _write(self, edition: Edition, work: Path, name: str, text: str) -> None:
        (work / name).write_text(text, encoding="utf-8")
        self._files.put(edition.key(name), work / name)

    def _describe(self, edition: Edition, made: Sequence[Made]) -> list[MediaFile]:
        return self._together([(self._describe_one, (edition, file)) for file in made])

    def _describe_one(self, edition: Edition, made: Made) -> MediaFile:
        key = edition.key(made.name)
        file = self._files.path(key)
        self._tools.check()
        sha256, size = _digest(file)
        found = probe(self._tools, file) if made.kind in {"video", "audio"} else None
        if found and made.end and abs(found.duration - seconds(made.end)) > _TOLERANCE:
            raise ToolFailed(
                f"{made.name} lasts {found.duration:.1f} s, and should {seconds(made.end):.1f} s"
            )
        width, height = _size(found) if found else (0, 0)
        return MediaFile(
            name=made.name,
            kind=made.kind,
            track=made.track,
            variant=made.variant,
            sound=made.sound,
            key=key,
            bytes=size,
            sha256=sha256,
            duration=found.duration if found else None,
            width=width or None,
            height=height or None,
            bitrate=found.bitrate if found else None,
        )

    @contextmanager
    def _step(self, edition: Edition, name: str) -> Iterator[Path]:
        """Say what is being done, and give an empty directory to do it in."""
        with self._database.write() as session:
            _note(_row(session, edition), name)
        work = self._work / f"{edition.lesson}-{edition.revision}-{name}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        yield work
        shutil.rmtree(work, ignore_errors=True)

    def _together(self, jobs: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]]) -> list[Any]:
        """Run calls at the same time, a few at once; the first failure is raised at the end."""
        with ThreadPoolExecutor(self._at_once) as pool:
            return [call.result() for call in [pool.submit(do, *args) for do, args in jobs]]


def _row(session: Session, edition: Edition) -> Publication:
    row = repository.one(session, edition.lesson, edition.revision)
    if row is None:
        raise NoMedia(f"there is no publication {edition.revision} of lesson {edition.lesson}")
    return row


def _note(row: Publication, step: str) -> None:
    row.step = step
    row.updated_at = datetime.now(UTC)


def _timeline(plan: str) -> Timeline:
    return msgspec.json.decode(plan, type=Timeline)


def _mark(mark: Mark) -> dict[str, Any]:
    return {**asdict(mark), "at": seconds(mark.at), "lasted": seconds(mark.lasted)}


def _size(found: Probed) -> tuple[int, int]:
    picture = found.first("video")
    return (picture.width, picture.height) if picture else (0, 0)


def _digest(file: Path) -> tuple[str, int]:
    """SHA-256 and length of a file."""
    digest, length = hashlib.sha256(), 0
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            length += len(chunk)
    return digest.hexdigest(), length
