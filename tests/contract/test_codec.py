"""Messages survive the wire, and garbage does not survive the reader."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import VERSION, codec, registry
from contract import messages as m
from tests.contract.samples import AT, SAMPLES

CORPUS = Path(__file__).parent / "corpus"
UP = [sample for sample in SAMPLES if registry.place_of(sample)[0] in {c.name for c in registry.UP}]
DOWN = [sample for sample in SAMPLES if sample not in UP]


def document(**changes: object) -> bytes:
    """A valid event document with some attributes changed; None removes one."""
    body = json.loads(codec.encode_up(SAMPLES[0], source="room-1", time=AT, epoch="e", seq=5))
    body |= changes
    return json.dumps({k: v for k, v in body.items() if v is not None}).encode()


@pytest.mark.parametrize("payload", UP, ids=lambda p: type(p).__name__)
def test_up_messages_round_trip(payload: m.Payload) -> None:
    body = codec.encode_up(payload, source="room-1", time=AT, epoch="e1", seq=41)

    received = codec.decode_up(body)

    assert received.payload == payload
    assert (received.source, received.epoch, received.seq, received.time) == (
        "room-1",
        "e1",
        41,
        AT,
    )
    assert received.type in registry.BY_NAME[registry.place_of(payload)[0]].types


@pytest.mark.parametrize("payload", DOWN, ids=lambda p: type(p).__name__)
def test_down_messages_round_trip(payload: m.Payload) -> None:
    assert codec.decode_down(type(payload), codec.encode_down(payload)) == payload


def test_every_payload_of_the_registry_has_a_sample() -> None:
    channels = (*registry.CHANNELS, registry.FLEET_STATE)

    assert {type(s) for s in SAMPLES} == {p for c in channels for p in c.types.values()}


def test_unknown_fields_are_ignored_and_unknown_types_kept() -> None:
    newer = document(futureattribute="x")
    unknown = document(type="lectern.hologram", data={"beam": 3})

    assert isinstance(codec.decode_up(newer).payload, m.Presence)
    assert codec.decode_up(unknown).payload == codec.Unknown(raw=b'{"beam": 3}')


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "truncated"),
        (b"\xff\xfe", "malformed"),
        (b"[" * 100_000, "array"),
        (b'{"a":' * 40_000, "a"),
        (b" " * (registry.MAX_MESSAGE_BYTES + 1), "more than"),
        (document(specversion="0.3"), "specversion"),
        (document(time="2026-09-01T06:30:00"), "time"),
        (document(seq=-1), "seq"),
        (document(seq=2**70), "seq"),
        (document(id=None), "id"),
        (document(data={"state": "asleep"}), "state"),
        (
            document(type="lectern.source.lost", data={"take": "../..", "track": "audio"}),
            "take",
        ),
        (
            document(
                type="lectern.source.lost",
                data={"take": "t", "track": "audio\n", "at": 1, "why": ""},
            ),
            "track",
        ),
        (
            document(
                type="lectern.source.lost",
                data={"take": "t", "track": "../etc", "at": 1, "why": ""},
            ),
            "track",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:24]),
)
def test_garbage_is_malformed_with_a_reason(body: bytes, reason: str) -> None:
    with pytest.raises(codec.Malformed, match=reason):
        codec.decode_up(body)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999", b"-1"])
def test_a_number_that_is_none_is_refused(number: bytes) -> None:
    body = document(
        type="lectern.source.lost", data={"take": "t", "track": "audio", "at": 777, "why": ""}
    )

    with pytest.raises(codec.Malformed):
        codec.decode_up(body.replace(b"777", number))


@given(st.binary(max_size=400))
def test_random_bytes_never_do_more_than_raise_malformed(body: bytes) -> None:
    with pytest.raises(codec.Malformed):
        codec.decode_up(body)


def test_a_time_without_an_offset_is_not_sent() -> None:
    with pytest.raises(ValueError, match="offset"):
        codec.encode_up(SAMPLES[0], source="room-1", time=AT.replace(tzinfo=None))


@pytest.mark.parametrize("path", sorted(CORPUS.rglob("*.json")), ids=lambda p: p.stem)
def test_messages_of_released_versions_are_still_read(path: Path) -> None:
    channel, _, name = path.stem.partition(".")
    kind = {t: p for c in (*registry.CHANNELS, registry.FLEET_STATE) for t, p in c.types.items()}

    if registry.BY_NAME.get(channel, registry.FLEET_STATE).direction == "up":
        assert type(codec.decode_up(path.read_bytes()).payload) is kind[name]
    else:
        assert isinstance(codec.decode_down(kind[name], path.read_bytes()), kind[name])


def test_the_corpus_of_this_version_is_complete() -> None:
    names = {path.stem for path in (CORPUS / VERSION).glob("*.json")}

    assert names == {".".join(registry.place_of(sample)) for sample in SAMPLES}


def test_nothing_that_a_released_version_says_is_lost() -> None:
    for path in (CORPUS / "1.0").glob("*.json"):
        said = json.loads(path.read_bytes())
        again = json.loads((CORPUS / VERSION / path.name).read_bytes())
        data = said.get("data", said) if "specversion" in said else said
        newer = again.get("data", again) if "specversion" in again else again
        assert data.keys() <= newer.keys(), path.stem


@pytest.mark.parametrize(
    "body",
    [
        b'{"until":"2026-09-01T06:30:00Z","every":0.1}',
        b'{"until":"2026-09-01T06:30:00Z","size":10}',
        b'{"until":"2026-09-01T06:30:00Z","size":1000000}',
        b'{"every":2}',
    ],
)
def test_nobody_looks_more_often_or_larger_than_a_link_bears(body: bytes) -> None:
    with pytest.raises(codec.Malformed):
        codec.decode_down(m.Look, body)


def test_a_glimpse_of_nothing_is_small() -> None:
    body = codec.encode_up(m.Glimpse(), source="room-1", time=AT)

    assert len(body) < 400
    assert codec.decode_up(body).seq == 0


def test_payloads_are_immutable() -> None:
    with pytest.raises(AttributeError):
        SAMPLES[0].state = "lost"  # type: ignore[attr-defined]
    assert msgspec.structs.replace(SAMPLES[0], state="lost") != SAMPLES[0]
