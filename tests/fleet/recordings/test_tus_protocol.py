"""What tus 1.0 asks of a server, header by header."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from fleet.recordings.tus import protocol
from fleet.recordings.tus.errors import BadRequest
from tests.fleet.recordings.conftest import Room, segment_metadata
from tests.fleet.recordings.tus_server import Serving

DATA = bytes(range(256)) * 40


def checksum(algorithm: str, data: bytes) -> dict[str, str]:
    digest = base64.b64encode(hashlib.new(algorithm, data).digest()).decode()
    return {"Upload-Checksum": f"{algorithm} {digest}"}


def test_options_says_what_is_offered(server: Serving) -> None:
    answer = httpx.options(server.url)

    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Max-Size"] == str(1 << 30)
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "checksum",
        "expiration",
        "termination",
    }


def test_a_file_in_pieces(room: Room, server: Serving) -> None:
    created = room.create(DATA)
    url = created.headers["Location"]

    first = room.patch(url, 0, DATA[:100])
    state = room.client.head(url)
    last = room.patch(url, 100, DATA[100:])

    assert url.startswith(server.url + "/")
    assert (created.headers["Upload-Offset"], first.status_code) == ("0", 204)
    assert first.headers["Upload-Offset"] == state.headers["Upload-Offset"] == "100"
    assert state.headers["Upload-Length"] == str(len(DATA))
    assert state.headers["Cache-Control"] == "no-store"
    assert state.headers["Upload-Metadata"] == segment_metadata(DATA)
    assert last.headers["Upload-Offset"] == str(len(DATA))
    assert {answer.headers["Tus-Resumable"] for answer in (created, first, state)} == {"1.0.0"}
    assert list(server.stored().values()) == [DATA]
    assert list((server.data / "uploads").iterdir()) == []


def test_creation_with_the_first_bytes(room: Room) -> None:
    created = room.create(DATA, body=DATA[:1000])

    assert (created.status_code, created.headers["Upload-Offset"]) == (201, "1000")


def test_creation_with_all_bytes_is_an_upload(room: Room, server: Serving) -> None:
    created = room.create(DATA, body=DATA)

    assert "Upload-Expires" not in created.headers
    assert room.receipt(created.headers["Location"]).status_code == 200
    assert list(server.stored().values()) == [DATA]


def test_an_empty_file_is_finished_when_it_is_created(room: Room, server: Serving) -> None:
    assert room.receipt(room.upload(b"")).json()["bytes"] == 0
    assert list(server.stored().values()) == [b""]


def test_upload_expires_an_hour_after_the_last_byte(room: Room) -> None:
    url = room.upload(DATA)

    expires = parsedate_to_datetime(room.patch(url, 0, b"1").headers["Upload-Expires"])

    left = expires - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


def test_another_version_is_refused(room: Room) -> None:
    answer = room.client.post(room.url, headers={"Tus-Resumable": "0.2.2", "Upload-Length": "1"})

    assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")


def test_a_wrong_offset_is_a_conflict_and_changes_nothing(room: Room) -> None:
    url = room.upload(DATA)
    room.patch(url, 0, DATA[:10])

    assert [room.patch(url, offset, b"x").status_code for offset in (0, 9, 11)] == [409] * 3
    assert room.offset(url) == 10


def test_another_content_type_is_refused(room: Room) -> None:
    answer = room.patch(room.upload(DATA), 0, b"x", {"Content-Type": "video/mp4"})

    assert answer.status_code == 415


@pytest.mark.parametrize("offset", ["", "-1", "1.5", "0x1", "١", "9" * 20])
def test_an_offset_that_is_no_number_is_named(room: Room, offset: str) -> None:
    answer = room.patch(room.upload(DATA), 0, b"x", {"Upload-Offset": offset.encode()})

    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "Upload-Offset")


def test_more_than_announced_is_refused(room: Room) -> None:
    url = room.upload(DATA)

    def pieces() -> "list[bytes]":
        return [DATA, b"one more"]

    assert room.patch(url, 0, DATA + b"!").status_code == 413
    assert room.patch(url, 0, iter(pieces())).status_code == 413  # type: ignore[arg-type]
    assert room.offset(url) == 0


def test_an_upload_longer_than_the_limit_is_refused(room: Room) -> None:
    headers = {"Upload-Length": str((1 << 30) + 1), "Upload-Metadata": segment_metadata(DATA)}

    assert room.client.post(room.url, headers=headers).status_code == 413


@pytest.mark.parametrize("header", ["Upload-Defer-Length", "Upload-Concat"])
def test_what_is_not_offered_is_refused(room: Room, header: str) -> None:
    assert room.client.post(room.url, headers={header: "1"}).status_code == 400


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_checksum_that_is_right(room: Room, algorithm: str) -> None:
    url = room.upload(DATA)

    assert room.patch(url, 0, DATA[:99], checksum(algorithm, DATA[:99])).status_code == 204
    assert room.offset(url) == 99


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_chunk_with_a_wrong_checksum_is_discarded(
    room: Room, server: Serving, algorithm: str
) -> None:
    url = room.upload(DATA)
    room.patch(url, 0, DATA[:10])

    wrong = room.patch(url, 10, b"damaged on its way", checksum(algorithm, DATA[10:]))

    assert (wrong.status_code, room.offset(url)) == (460, 10)
    assert room.patch(url, 10, DATA[10:]).status_code == 204
    assert list(server.stored().values()) == [DATA]


@pytest.mark.parametrize("text", ["md5 AAAA", "sha1", "sha1 !", "sha256 AAAA", ""])
def test_a_checksum_that_cannot_be_read_is_named(room: Room, text: str) -> None:
    answer = room.patch(room.upload(DATA), 0, b"x", {"Upload-Checksum": text})

    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "Upload-Checksum")


def test_an_ended_upload_is_gone(room: Room, server: Serving) -> None:
    url = room.upload(DATA)
    room.patch(url, 0, DATA[:10])

    assert room.client.delete(url).status_code == 204
    assert [room.client.head(url).status_code, room.patch(url, 10, b"x").status_code] == [410] * 2
    assert room.client.delete(url).status_code == 410
    assert list((server.data / "uploads").iterdir()) == []
    assert room.upload(DATA) != url


def test_a_stored_upload_cannot_be_ended(room: Room, server: Serving) -> None:
    url = room.create(DATA, body=DATA).headers["Location"]

    assert room.client.delete(url).status_code == 409
    assert list(server.stored().values()) == [DATA]


def test_the_method_may_stand_in_a_header(room: Room) -> None:
    url = room.upload(DATA)
    headers = {
        "X-HTTP-Method-Override": "PATCH",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }

    assert room.client.post(url, headers=headers, content=DATA[:7]).status_code == 204
    assert room.offset(url) == 7


def test_a_method_that_means_nothing(room: Room) -> None:
    assert room.client.put(room.url).status_code == 405
    assert room.client.get(f"{room.url}/a/b").status_code == 404


@pytest.mark.parametrize("authorization", ["", "Basic token-a", "Bearer", "Bearer token-c"])
def test_without_a_valid_token_nothing_is_told(server: Serving, authorization: str) -> None:
    room = Room(server.url)
    url = room.upload(DATA)
    room.client.headers["Authorization"] = authorization

    answers = [
        room.create(DATA),
        room.client.head(url),
        room.patch(url, 0, DATA),
        room.client.delete(url),
        room.receipt(url),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}


def test_another_rooms_upload_does_not_exist(room: Room, server: Serving) -> None:
    url = room.upload(DATA)
    other = Room(server.url, "token-b")

    answers = [
        other.client.head(url),
        other.patch(url, 0, DATA),
        other.client.delete(url),
        other.receipt(url),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert room.patch(url, 0, DATA).status_code == 204


def test_metadata_and_its_header_are_each_others_inverse() -> None:
    pairs = {"take": "t-1", "empty": "", "filename": "lección 1.mp4"}

    assert protocol.metadata(protocol.metadata_header(pairs)) == pairs


@pytest.mark.parametrize(
    "text", ["a !", "a YQ==,a YQ==", "ключ YQ==", " é YQ==", "a YQ=", "a " + "YQ==" * 3000]
)
def test_metadata_that_cannot_be_read(text: str) -> None:
    with pytest.raises(BadRequest, match="Upload-Metadata"):
        protocol.metadata(text)
