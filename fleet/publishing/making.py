"""The steps of publishing: each can die at any point and be done again.

Nothing is visible before the transaction of `publish`.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import msgspec

from fleet.db import Database, Session, publish
from fleet.publishing import repository, service
from fleet.publishing.events import PublishingFailed
from fleet.publishing.media.layout import first_files, low_files
from fleet.publishing.models import MediaFile, Publication, Reason
from fleet.publishing.ports import Sources
from fleet.publishing.studio import Described, Edition, Studio
from fleet.publishing.timeline import Mark, Timeline, lay, seconds
from fleet.recordings.ports import FileStore

ENOUGH = 2.5
"""Space a lesson needs while it is published, as a multiple of its segments: MP4, HLS, and some."""

_MIB = 1024 * 1024


class NoMedia(Exception):
    """There is nothing to publish; trying again does not help until something arrives."""


class Maker:
    """Does the steps. Thread-safe; all methods block. A plan is a timeline in JSON.

    Args:
        database: the fleet's.
        files: asked for free space, and rid of what was replaced.
        studio: makes the files.
        sources: what the folders below say of a lesson.
        reserve: bytes that publishing leaves free.
    """

    def __init__(
        self, database: Database, files: FileStore, studio: Studio, sources: Sources, reserve: int
    ) -> None:
        self._database = database
        self._files = files
        self._studio = studio
        self._sources = sources
        self._reserve = reserve

    def gather(self, lesson: str, revision: int) -> str:
        """Lay the lesson's takes on one line; the result is the plan of the other steps.

        Raises:
            NoMedia: no take has a segment.
        """
        with self._database.write() as session:
            takes = self._sources.takes(session, lesson)
            row = _row(session, Edition(lesson, revision))
            row.attempts += 1
            _note(row, "gather")
            if row.state == "due":
                row.state = "processing"
                row.content = service.content_of(takes)
                row.bell_at = service.bell_of(takes)
        timeline = lay(takes)
        if not timeline.lanes:
            raise NoMedia("no take of this lesson has arrived with any picture or sound")
        return msgspec.json.encode(timeline).decode()

    def space(self, lesson: str, revision: int, plan: str) -> bool:
        """Whether there is room; when not, the publication says so."""
        needed = round(ENOUGH * self._studio.bytes_of(_timeline(plan)))
        free = self._files.free_bytes() - self._reserve
        if free < needed:
            text = (
                f"waiting for space: {needed // _MIB} MiB are needed, {max(free, 0) // _MIB} MiB "
                "are free; delete what is not needed, or give the store more room"
            )
            self.note(lesson, revision, "no_space", text)
        return free >= needed

    def join(self, lesson: str, revision: int, plan: str) -> None:
        """MP4 files, without encoding anything again."""
        self._studio.join(self._begin(lesson, revision, "join"), _timeline(plan))

    def package(self, lesson: str, revision: int, plan: str) -> None:
        """HLS."""
        self._studio.package(self._begin(lesson, revision, "package"), _timeline(plan))

    def poster(self, lesson: str, revision: int, plan: str) -> None:
        """The poster."""
        self._studio.poster(self._begin(lesson, revision, "poster"), _timeline(plan))

    def publish(self, lesson: str, revision: int, plan: str) -> None:
        """Check what was made, and show it, or hold it if the course wants that.

        Raises:
            ToolFailed: a file is not as long as its track, or cannot be read.
        """
        timeline = _timeline(plan)
        edition = self._begin(lesson, revision, "publish")
        made = self._studio.inspect(edition, first_files(timeline))
        with self._database.write() as session:
            row = _row(session, edition)
            if row.state in repository.MADE:
                return
            row.files = [_file(described) for described in made]
            row.duration = seconds(timeline.duration)
            row.marks = [_mark(mark) for mark in timeline.marks]
            _settle(row)
            newest = repository.newest(session, lesson, repository.MADE)
            if newest is not None and newest.revision > revision:
                row.state = "superseded"
            elif self._sources.policy(session, lesson) == "hold" or (newest and _held(newest)):
                row.state = "held"
            else:
                service.show(session, row, datetime.now(UTC))

    def renditions(self, lesson: str, revision: int) -> None:
        """Low-bitrate copies of what is published."""
        edition = self._begin(lesson, revision, "renditions")
        pictures, sound = self._published(edition)
        self._studio.shrink(edition, pictures, sound=sound)

    def offer(self, lesson: str, revision: int) -> None:
        """Add the low-bitrate copies to what is published."""
        edition = self._begin(lesson, revision, "offer")
        pictures, sound = self._published(edition)
        made = self._studio.inspect(edition, low_files(pictures, sound=sound))
        masters = {f"{track}.m3u8": edition.key(f"{track}.both.m3u8") for track in pictures}
        digests = {name: self._studio.digest(key) for name, key in masters.items()}
        with self._database.write() as session:
            row = _row(session, edition)
            if row.low == "made":
                return
            for file in row.files:
                if file.name in masters:
                    file.key = masters[file.name]
                    file.sha256, file.bytes = digests[file.name]
            row.files.extend(_file(described) for described in made)
            row.low = "made"
            _settle(row)

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
            edition = Edition(row.lesson_id, row.revision)
            # The first master playlists lie where their names say; the rows know the later ones.
            keys = {key for file in row.files for key in (file.key, edition.key(file.name))}
        for key in keys:
            self._files.delete(key)
        with self._database.write() as session:
            row = session.get_one(Publication, publication_id)
            row.files.clear()

    def _begin(self, lesson: str, revision: int, step: str) -> Edition:
        """Say what is being done."""
        edition = Edition(lesson, revision)
        with self._database.write() as session:
            _note(_row(session, edition), step)
        return edition

    def _published(self, edition: Edition) -> tuple[dict[str, bool], bool]:
        """The published pictures, and whether each has the sound; whether there is a sound."""
        with self._database.read() as session:
            files = [file for file in _row(session, edition).files if file.variant == "source"]
            pictures = {file.track: file.sound for file in files if file.kind == "video"}
            return pictures, any(file.kind == "audio" for file in files)


def _held(publication: Publication) -> bool:
    """What a person hides stays hidden when more of the lesson arrives."""
    return publication.state == "held"


def _row(session: Session, edition: Edition) -> Publication:
    row = repository.one(session, edition.lesson, edition.revision)
    if row is None:
        raise NoMedia(f"there is no publication {edition.revision} of lesson {edition.lesson}")
    return row


def _note(row: Publication, step: str) -> None:
    row.step = step
    row.updated_at = datetime.now(UTC)


def _settle(row: Publication) -> None:
    """Nothing is wrong, and nothing is being done."""
    row.reason = row.error = None
    row.attempts = 0
    _note(row, "")


def _timeline(plan: str) -> Timeline:
    return msgspec.json.decode(plan, type=Timeline)


def _mark(mark: Mark) -> dict[str, Any]:
    return {**asdict(mark), "at": seconds(mark.at), "lasted": seconds(mark.lasted)}


def _file(described: Described) -> MediaFile:
    made, found = described.made, described.found
    width, height = described.size
    return MediaFile(
        name=made.name,
        kind=made.kind,
        track=made.track,
        variant=made.variant,
        sound=made.sound,
        key=described.key,
        bytes=described.bytes,
        sha256=described.sha256,
        duration=found.duration if found else None,
        width=width or None,
        height=height or None,
        bitrate=found.bitrate if found else None,
    )
