"""Payloads to bytes and back: CloudEvents 1.0 structured JSON up, plain JSON down.

Readers are tolerant: unknown fields are ignored and an unknown type becomes `Unknown`, so that
a newer room never breaks an older fleet. What cannot be read raises `Malformed` with a reason
fit for a log line and a dead-letter row.
"""

import uuid
from datetime import datetime
from typing import TypeVar

import msgspec

from contract import messages as m
from contract import registry
from contract.messages.base import Count, Time

CONTENT_TYPE = "application/cloudevents+json"
SPEC_VERSION = "1.0"


class Malformed(ValueError):
    """Bytes that are not a message of the contract; the text says why."""


class Unknown(m.Payload, frozen=True, kw_only=True):
    """A payload of a type this version does not know: stored, counted, acknowledged."""

    raw: bytes


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudEvents document. `seq` 0 is a message outside the outbox, which gets no ack."""

    specversion: str
    id: str
    source: str
    type: str
    time: Time
    epoch: str
    seq: Count
    data: msgspec.Raw
    datacontenttype: str = "application/json"


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A decoded up message. `source` is the agent that says it sent it."""

    id: str
    source: str
    type: str
    time: datetime
    epoch: str
    seq: int
    payload: m.Payload


_encoder = msgspec.json.Encoder()
_envelope = msgspec.json.Decoder(Envelope)
_payloads = {name: msgspec.json.Decoder(kind) for name, kind in registry.PAYLOAD_OF_TYPE.items()}
P = TypeVar("P", bound=m.Payload)


def encode_up(
    payload: m.Payload,
    *,
    source: str,
    time: datetime,
    epoch: str = "",
    seq: int = 0,
    message_id: str | None = None,
) -> bytes:
    """A room's message as a CloudEvents document.

    Raises:
        ValueError: `time` has no offset.
    """
    if time.tzinfo is None:
        raise ValueError("a message's time needs an offset")
    _, kind = registry.place_of(payload)
    return _encoder.encode(
        Envelope(
            specversion=SPEC_VERSION,
            id=message_id or str(uuid.uuid4()),
            source=source,
            type=kind,
            time=time,
            epoch=epoch,
            seq=seq,
            data=msgspec.Raw(_encoder.encode(payload)),
        )
    )


def decode_up(body: bytes) -> Received:
    """The inverse of `encode_up`.

    Raises:
        Malformed: too large, not JSON, not CloudEvents 1.0, or a payload of a known type that
            does not fit it.
    """
    envelope = _read(_envelope, body)
    if envelope.specversion != SPEC_VERSION:
        raise Malformed(f"specversion {envelope.specversion!r} is not {SPEC_VERSION!r}")
    decoder = _payloads.get(envelope.type)
    raw = bytes(envelope.data)
    payload = _read(decoder, raw) if decoder else Unknown(raw=raw)
    return Received(
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        time=envelope.time,
        epoch=envelope.epoch,
        seq=envelope.seq,
        payload=payload,
    )


def encode_down(payload: m.Payload) -> bytes:
    """A message from the fleet: its payload as JSON."""
    return _encoder.encode(payload)


def decode_down(kind: type[P], body: bytes) -> P:
    """The inverse of `encode_down`.

    Raises:
        Malformed: `body` is not a `kind`.
    """
    return _read(msgspec.json.Decoder(kind), body)


T = TypeVar("T")


def _read(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    if len(body) > registry.MAX_MESSAGE_BYTES:
        raise Malformed(f"{len(body)} bytes, more than {registry.MAX_MESSAGE_BYTES}")
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
