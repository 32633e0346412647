"""What rooms may send, and what becomes of it."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import json

from contract import messages as m
from contract.http import Receipt
from fleet.classrooms import AgentRef
from fleet.classrooms.models import Room
from fleet.errors import Conflict, FleetError, NotFound, Refused
from fleet.orgs import service as orgs
from fleet.recordings import service
from fleet.recordings.intake import RoomIntake
from fleet.recordings.models import StoredSegment, Upload
from fleet.recordings.tus import Unfinished
from fleet.recordings.tus.errors import Gone, NoSpace, TooLarge, WrongDigest
from tests.contract.samples import AT
from tests.fleet.databases import Databases
from tests.fleet.recordings.tus_server import make_intake

ROOM = AgentRef("room-a", "a")
OTHER = AgentRef("room-b", "b")
NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
DATA = b"a lesson"
DIGEST = hashlib.sha256(DATA).hexdigest()


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, databases: Databases, clock: Clock) -> Callable[..., RoomIntake]:
    url = databases.make(tmp_path / "fleet.sqlite")
    return lambda **limits: make_intake(tmp_path, tmp_path, url=url, clock=clock, **limits)


@pytest.fixture
def intake(make: Callable[..., RoomIntake]) -> RoomIntake:
    return make()


def metadata(data: bytes = DATA, **changed: str) -> dict[str, str]:
    sha256 = hashlib.sha256(data).hexdigest()
    return {"take": "t-1", "track": "audio", "index": "7", "sha256": sha256, **changed}


def create(intake: RoomIntake, data: bytes = DATA, **changed: str) -> Unfinished:
    return intake.create(ROOM, len(data), metadata(data, **changed))


def store(intake: RoomIntake, data: bytes = DATA, **changed: str) -> Unfinished:
    upload = create(intake, data, **changed)
    upload.path.write_bytes(data)
    intake.finish(ROOM, upload.id, hashlib.sha256(data).hexdigest())
    return upload


def rows(intake: RoomIntake) -> list[Upload]:
    with intake._database.read() as session:
        return session.query(Upload).order_by(Upload.created_at, Upload.attempt).all()


def test_a_proved_file_is_stored_and_has_a_receipt(intake: RoomIntake, tmp_path: Path) -> None:
    upload = store(intake)

    receipt = json.decode(intake.receipt(ROOM, upload.id), type=Receipt)
    with intake._database.read() as session:
        segment = session.query(StoredSegment).one()

    assert receipt == Receipt(
        upload=upload.id,
        take="t-1",
        track="audio",
        index=7,
        bytes=len(DATA),
        sha256=DIGEST,
        stored_at=NOW,
    )
    assert segment.key == f"segments/room-a/t-1/audio-00007-{DIGEST[:12]}.mp4"
    assert (segment.upload_id, segment.bytes, segment.sha256) == (upload.id, len(DATA), DIGEST)
    assert (tmp_path / "files" / segment.key).read_bytes() == DATA
    assert intake.find(ROOM, upload.id).offset == len(DATA)


def test_an_unfinished_upload_has_no_receipt(intake: RoomIntake) -> None:
    with pytest.raises(Conflict, match="8 bytes are still missing"):
        intake.receipt(ROOM, create(intake).id)


def test_other_bytes_than_promised_are_discarded_and_counted(intake: RoomIntake) -> None:
    upload = create(intake)
    upload.path.write_bytes(b"damaged!")

    with pytest.raises(WrongDigest, match="create it anew"):
        intake.finish(ROOM, upload.id, hashlib.sha256(b"damaged!").hexdigest())

    (row,) = rows(intake)
    assert (row.state, row.stored_at, upload.path.exists()) == ("refused", None, False)
    with pytest.raises(Gone, match="SHA-256"):
        intake.find(ROOM, upload.id)
    again = store(intake)
    assert again.id != upload.id
    assert intake.find(ROOM, again.id).finished


def test_the_same_segment_again_is_the_same_upload(intake: RoomIntake) -> None:
    first = create(intake)
    intake.commit(first.id, 3)

    again = create(intake)
    stored = store(intake)

    assert (again.id, again.offset) == (first.id, 3)
    assert (stored.id, create(intake).finished) == (first.id, True)


def test_the_same_request_at_the_same_time_makes_one_upload(intake: RoomIntake) -> None:
    with ThreadPoolExecutor(8) as threads:
        ids = {upload.id for upload in threads.map(lambda _: create(intake), range(16))}

    assert len(ids) == len(rows(intake)) == 1


def test_asked_at_the_same_time_it_keeps_the_same_books(intake: RoomIntake) -> None:
    with ThreadPoolExecutor(8) as threads:
        ids = {upload.id for upload in threads.map(lambda _: create(intake), range(16))}
    stored = store(intake)
    create(intake, index="8")

    assert ids == {stored.id}
    assert intake.find(ROOM, stored.id).finished
    assert sweep(intake, NOW + timedelta(hours=2)) == 1
    intake._database.close()


@pytest.mark.parametrize("stored", [True, False])
def test_other_bytes_of_the_same_segment_are_a_conflict(intake: RoomIntake, stored: bool) -> None:
    if stored:
        store(intake)
    else:
        create(intake)

    with pytest.raises(Conflict, match=r"segment 7 of audio is (stored|open) with other bytes"):
        create(intake, b"other bytes")
    assert len(rows(intake)) == 1


def test_two_rooms_may_name_a_take_alike(intake: RoomIntake) -> None:
    store(intake)
    upload = intake.create(OTHER, 5, metadata(b"other"))
    upload.path.write_bytes(b"other")
    intake.finish(OTHER, upload.id, hashlib.sha256(b"other").hexdigest())

    assert intake.find(OTHER, upload.id).finished
    for attempt in (intake.find, intake.receipt, intake.terminate):
        with pytest.raises(NotFound):
            attempt(ROOM, upload.id)


@pytest.mark.parametrize("key", ["take", "track", "index", "sha256"])
def test_a_missing_name_is_told(intake: RoomIntake, key: str) -> None:
    pairs = metadata()
    del pairs[key]

    with pytest.raises(Refused, match=f"`{key}`"):
        intake.create(ROOM, 1, pairs)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("take", "../../etc/passwd"),
        ("take", "a\0b"),
        ("take", "t-1\n"),
        ("take", "x" * 65),
        ("take", "\u202e1-t"),
        ("take", ""),
        ("track", "a/b"),
        ("track", "Audio"),
        ("track", "audio\n"),
        ("track", "x" * 33),
        ("index", "-1"),
        ("index", "1.5"),
        ("index", "../7"),
        ("index", str(2**31)),
        ("index", str(2**53)),
        ("sha256", DIGEST.upper()),
        ("sha256", DIGEST[:-1]),
        ("sha256", "../" + DIGEST[3:]),
    ],
)
def test_a_name_that_could_be_a_path_is_refused(intake: RoomIntake, key: str, text: str) -> None:
    with pytest.raises(Refused, match=key):
        intake.create(ROOM, 1, metadata(**{key: text}))
    assert rows(intake) == []


@pytest.mark.parametrize("name", ["../../x", "a\0b", "\u202e4pm.exe", "n" * 5000])
def test_a_file_name_is_not_looked_at(intake: RoomIntake, name: str, tmp_path: Path) -> None:
    before = set(tmp_path.parent.rglob("*"))

    upload = store(intake, filename=name, filetype=name)

    assert "filename" not in upload.metadata
    new = {path.name for path in set(tmp_path.parent.rglob("*")) - before}
    assert new == {"segments", "room-a", "t-1", f"audio-00007-{DIGEST[:12]}.mp4"}


def test_a_room_has_a_quota(make: Callable[..., RoomIntake]) -> None:
    intake = make(quota_bytes=20)
    store(intake)
    waiting = create(intake, index="8")

    with pytest.raises(NoSpace, match="16 of 20 bytes"):
        create(intake, index="9")
    with pytest.raises(TooLarge, match="quota of 20"):
        create(intake, b"x" * 21, index="9")
    intake.create(OTHER, 8, metadata())
    intake.terminate(ROOM, waiting.id)
    create(intake, index="9")


def test_the_reserve_of_the_disk_is_left_alone(make: Callable[..., RoomIntake]) -> None:
    intake = make(reserve_bytes=1 << 60)

    with pytest.raises(NoSpace, match="try again later"):
        create(intake)
    assert rows(intake) == []


def sweep(intake: RoomIntake, now: datetime) -> int:
    with intake._database.write() as session:
        return intake.sweep(session, now)


def test_an_upload_expires_an_hour_after_its_last_bytes(intake: RoomIntake, clock: Clock) -> None:
    upload = create(intake)
    upload.path.write_bytes(DATA)
    clock.now += timedelta(minutes=50)
    intake.commit(upload.id, 3)

    assert sweep(intake, NOW + timedelta(minutes=109)) == 0
    assert upload.path.exists()
    assert sweep(intake, NOW + timedelta(minutes=111)) == 1
    assert not upload.path.exists()
    for attempt in (lambda: intake.commit(upload.id, 4), lambda: intake.find(ROOM, upload.id)):
        with pytest.raises(Gone):
            attempt()
    assert create(intake).id != upload.id


def test_what_is_stored_does_not_expire(intake: RoomIntake, tmp_path: Path) -> None:
    upload = store(intake)

    assert sweep(intake, NOW + timedelta(days=365)) == 0
    assert intake.find(ROOM, upload.id).finished
    assert len(list((tmp_path / "files").rglob("*.mp4"))) == 1


def test_files_that_no_upload_needs_are_swept(intake: RoomIntake, tmp_path: Path) -> None:
    needed = create(intake)
    needed.path.write_bytes(b"1")
    left = tmp_path / "uploads" / "left-by-a-crash"
    left.write_bytes(b"1")

    sweep(intake, NOW)

    assert (needed.path.exists(), left.exists()) == (True, False)


@pytest.mark.fault
def test_stopped_between_the_file_store_and_the_database(
    intake: RoomIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file has moved, its row was not written: whoever asks next completes it."""
    upload = create(intake)
    upload.path.write_bytes(DATA)
    with monkeypatch.context() as patch:
        patch.setattr(intake, "_store", lambda *_: None)
        intake.finish(ROOM, upload.id, DIGEST)
    assert (rows(intake)[0].state, upload.path.exists()) == ("open", False)

    receipt = json.decode(intake.receipt(ROOM, upload.id), type=Receipt)

    assert (receipt.sha256, rows(intake)[0].state) == (DIGEST, "stored")


@pytest.mark.fault
def test_segment_and_upload_are_stored_together_or_not_at_all(
    intake: RoomIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Conflict("other bytes came first")

    upload = create(intake)
    upload.path.write_bytes(DATA)
    monkeypatch.setattr("fleet.recordings.service.segment_stored", fail)

    with pytest.raises(FleetError, match="other bytes came first"):
        intake.finish(ROOM, upload.id, DIGEST)

    (row,) = rows(intake)
    assert (row.state, row.why) == ("refused", "other bytes came first")


def test_what_is_complete_counts_no_more(make: Callable[..., RoomIntake]) -> None:
    intake = make(quota_bytes=20)
    store(intake)
    create(intake, index="8")
    with pytest.raises(NoSpace):
        create(intake, index="9")

    segment = m.Segment(
        track="audio", index=7, run=0, start=0, duration=1, bytes=len(DATA), sha256=DIGEST
    )
    track = m.TrackManifest(name="audio", kind="audio", segments=(segment,))
    said = m.TakeEnded(
        take="t-1", lesson=None, started_at=AT, ended_at=AT, duration=1, reason="bell",
        tracks=(track,),
    )  # fmt: skip
    with intake._database.write() as session:
        unit = orgs.root(session).id
        session.add(Room(id=ROOM.room, unit_id=unit, name="Room", timezone="UTC"))
        session.flush()
        service.take_ended(session, ROOM, said, AT)

    create(intake, index="9")
