"""Taking in the segments of rooms: quota, books, proof, and the way into the file store."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy.exc import IntegrityError

from contract.http import Receipt, SegmentMetadata
from fleet.classrooms import AgentRef
from fleet.db import Database, Session, after_commit, new_id
from fleet.errors import Conflict, NotFound, Refused
from fleet.recordings import service
from fleet.recordings import upload_repository as uploads
from fleet.recordings.models import Upload
from fleet.recordings.ports import FileStore
from fleet.recordings.tus import Unfinished
from fleet.recordings.tus.errors import Gone, NoSpace, TooLarge, WrongDigest

log = logging.getLogger(__name__)

_LAST_INDEX = 2**31 - 1
_KEYS = ("take", "track", "index", "sha256")


def _now() -> datetime:
    return datetime.now(UTC)


class RoomIntake:
    """An `Intake` for agents: an upload is a segment of a take, named by its metadata.

    The whole file's SHA-256 is the room's promise; only a file that keeps it is stored.

    Args:
        database: the fleet's.
        files: where stored segments go.
        directory: unfinished files, on the file system of `files`.
        max_bytes: the longest segment.
        quota_bytes: what one agent may have on its way: unfinished uploads and recordings.
        reserve_bytes: what stays free on the disk, for the database and for publishing.
        expiry: how long an upload waits for its next bytes.
        clock: the fleet's time.
    """

    def __init__(
        self,
        database: Database,
        files: FileStore,
        directory: Path,
        *,
        max_bytes: int,
        quota_bytes: int,
        reserve_bytes: int,
        expiry: timedelta,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._database = database
        self._files = files
        self._directory = directory
        self._quota = quota_bytes
        self._reserve = reserve_bytes
        self._expiry = expiry
        self._clock = clock
        self.max_bytes = max_bytes
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    def create(self, owner: AgentRef, length: int, metadata: Mapping[str, str]) -> Unfinished:
        """A new upload of a segment; the existing one where there is one of the same bytes.

        Raises:
            Refused: the metadata does not name a segment.
            Conflict: other bytes are stored or on their way as this segment.
            TooLarge: it would never fit into the quota.
            NoSpace: it does not fit into the quota or on the disk now.
        """
        segment = _segment(metadata)
        try:
            return self._find_or_add(owner, length, segment)
        except IntegrityError:  # the same request came twice at the same time
            return self._find_or_add(owner, length, segment)

    def find(self, owner: AgentRef, upload_id: str) -> Unfinished:
        """An upload, as far as it is on the disk.

        Raises:
            NotFound: there is none, or not of this agent.
            Gone: it was ended, refused, or has expired.
        """
        with self._database.read() as session:
            row = _row(session, owner, upload_id)
        if row.state == uploads.OPEN and self._files.exists(_key(row)):
            # The fleet was stopped between moving the proved file and writing that down.
            self._store(owner, row)
            return self.find(owner, upload_id)
        return self._view(row)

    def admit(self, count: int) -> None:
        """Raise `NoSpace` unless `count` more bytes leave the reserve alone."""
        if self._files.free_bytes() - count < self._reserve:
            raise NoSpace("the fleet's disk is full; keep the file and try again later")

    def commit(self, upload_id: str, offset: int) -> datetime:
        """Note that `offset` bytes are on the disk; when the upload will now expire.

        Raises:
            Gone: it was ended or has expired.
        """
        expires_at = self._clock() + self._expiry
        with self._database.write() as session:
            if not uploads.note_offset(session, upload_id, offset, expires_at):
                raise Gone("the upload was ended; create it anew")
        return expires_at

    def finish(self, owner: AgentRef, upload_id: str, sha256: str) -> None:
        """Store a whole file whose digest is the promised one.

        Raises:
            WrongDigest: it is another one; the upload is discarded.
            Conflict: other bytes are stored as this segment; the upload is discarded.
        """
        with self._database.read() as session:
            row = _row(session, owner, upload_id)
        if sha256 != row.sha256:
            why = f"SHA-256 is {sha256}, not {row.sha256}"
            self._discard(row, "refused", why)
            raise WrongDigest(f"{why}; the upload was discarded: create it anew")
        self._files.put(_key(row), self._path(row))
        self._store(owner, row)

    def terminate(self, owner: AgentRef, upload_id: str) -> None:
        """Throw an upload away.

        Raises:
            NotFound, Gone: as `find`.
        """
        with self._database.read() as session:
            row = _row(session, owner, upload_id)
        self._discard(row, "terminated", "ended by the room")

    def receipt(self, owner: AgentRef, upload_id: str) -> bytes:
        """A `Receipt` as JSON.

        Raises:
            NotFound, Gone: as `find`.
            Conflict: bytes are missing.
        """
        upload = self.find(owner, upload_id)
        if not upload.finished:
            raise Conflict(f"{upload.length - upload.offset} bytes are still missing")
        with self._database.read() as session:
            row = _row(session, owner, upload_id)
        assert row.stored_at is not None  # noqa: S101 - `finished` says so
        return msgspec.json.encode(
            Receipt(
                upload=row.id,
                take=row.take_id,
                track=row.track,
                index=row.idx,
                bytes=row.length,
                sha256=row.sha256,
                stored_at=row.stored_at,
            )
        )

    def sweep(self, session: Session, now: datetime) -> int:
        """Expire uploads that nothing more came for; how many. Their files go after the commit.

        So do files that no upload needs: a crash may leave one behind.
        """
        files = {path.name: path for path in self._directory.iterdir()}
        expired = uploads.expire(session, now)
        needed = uploads.open_ids(session)
        idle = [path for name, path in files.items() if name not in needed]
        after_commit(session, lambda: _remove(idle))
        for upload_id in expired:
            log.info("upload %s has expired", upload_id)
        return len(expired)

    def _find_or_add(self, owner: AgentRef, length: int, segment: SegmentMetadata) -> Unfinished:
        with self._database.write() as session:
            known = uploads.of_segment(session, owner.agent, segment)
            for row in known:
                if row.state not in {uploads.OPEN, uploads.STORED}:
                    continue
                if row.sha256 != segment.sha256 or row.length != length:
                    raise Conflict(
                        f"segment {segment.index} of {segment.track} is {row.state} with other "
                        "bytes; an unfinished upload can be ended with DELETE",
                        field="sha256",
                    )
                return self._view(row)
            self._check_quota(session, owner, length)
            row = self._new(owner, length, segment, attempt=len(known))
            uploads.add(session, row)
        log.info("upload %s of %d bytes: %s", row.id, length, _key(row))
        return self._view(row)

    def _check_quota(self, session: Session, owner: AgentRef, length: int) -> None:
        if length > self._quota:
            raise TooLarge(f"longer than the room's quota of {self._quota} bytes")
        used = uploads.bytes_of_agent(session, owner.agent)
        if used + length > self._quota:
            raise NoSpace(f"the room's quota is used up: {used} of {self._quota} bytes")
        self.admit(length)

    def _new(self, owner: AgentRef, length: int, segment: SegmentMetadata, attempt: int) -> Upload:
        now = self._clock()
        return Upload(
            id=new_id(),
            agent_id=owner.agent,
            room_id=owner.room,
            take_id=segment.take,
            track=segment.track,
            idx=segment.index,
            attempt=attempt,
            sha256=segment.sha256,
            length=length,
            offset=0,
            state=uploads.OPEN,
            created_at=now,
            expires_at=now + self._expiry,
        )

    def _store(self, owner: AgentRef, known: Upload) -> None:
        """The file is in the store: say so, and tell who waits for it, in one transaction."""
        now = self._clock()
        key = _key(known)
        try:
            with self._database.write() as session:
                row = uploads.one_to_change(session, known.id)
                if row is None or row.state != uploads.OPEN:
                    return  # somebody else was faster
                service.segment_stored(
                    session,
                    agent=owner,
                    take=row.take_id,
                    track=row.track,
                    index=row.idx,
                    bytes=row.length,
                    sha256=row.sha256,
                    key=key,
                    upload_id=row.id,
                    now=now,
                )
                row.state, row.offset, row.stored_at = uploads.STORED, row.length, now
        except Conflict as conflict:
            self._discard(known, "refused", conflict.message)
            self._files.delete(key)
            raise
        log.info("upload %s is stored: %d bytes as %s", known.id, known.length, key)

    def _discard(self, known: Upload, state: str, why: str) -> None:
        """End an upload and remove its file. The row stays, so that it can be counted."""
        with self._database.write() as session:
            row = uploads.one_to_change(session, known.id)
            if row is None or row.state != uploads.OPEN:
                raise Gone("the upload was ended meanwhile")
            row.state, row.why = state, why
        self._path(known).unlink(missing_ok=True)
        log.warning("upload %s of agent=%s is %s: %s", known.id, known.agent_id, state, why)

    def _path(self, row: Upload) -> Path:
        return self._directory / row.id

    def _view(self, row: Upload) -> Unfinished:
        metadata = {
            "take": row.take_id,
            "track": row.track,
            "index": str(row.idx),
            "sha256": row.sha256,
        }
        expires_at = row.expires_at if row.state == uploads.OPEN else None
        return Unfinished(row.id, row.length, row.offset, self._path(row), metadata, expires_at)


def _row(session: Session, owner: AgentRef, upload_id: str) -> Upload:
    """An upload that is open or stored."""
    row = uploads.one(session, owner.agent, upload_id)
    if row is None:
        raise NotFound("there is no such upload")
    if row.state not in {uploads.OPEN, uploads.STORED}:
        raise Gone(f"the upload is {row.state}: {row.why}; create it anew")
    return row


def _segment(metadata: Mapping[str, str]) -> SegmentMetadata:
    """Which segment an upload says it is; other keys are not looked at.

    Raises:
        Refused: a key is missing or its value is not what the contract allows.
    """
    named = {key: metadata[key] for key in _KEYS if key in metadata}
    for key, value in named.items():
        if not value.isprintable():
            raise Refused(f"Upload-Metadata: {key} has a control character", field=key)
    try:
        segment = msgspec.convert(named, SegmentMetadata, strict=False)
    except msgspec.ValidationError as error:
        raise Refused(f"Upload-Metadata: {error}", field="Upload-Metadata") from error
    if segment.index > _LAST_INDEX:
        raise Refused(f"Upload-Metadata: index is above {_LAST_INDEX}", field="index")
    return segment


def _key(row: Upload) -> str:
    """Where a segment lies in the file store: made of names the contract keeps harmless."""
    name = f"{row.track}-{row.idx:05d}-{row.sha256[:12]}.mp4"
    return f"segments/{row.agent_id}/{row.take_id}/{name}"


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
