"""A classroom PC as the fleet sees one: a key, a certificate, and an MQTT client of its own.

Built on paho alone, so that nothing here shares a mistake with the fleet's own client.
"""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import ECKey
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from contract import codec, topics
from contract import messages as m
from fleet.app import Fleet
from fleet.classrooms import enrolment, service
from fleet.orgs import service as orgs

NO_SUBSCRIBERS = 16
NOT_AUTHORISED = 135


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def signing_request(
    key: ec.EllipticCurvePrivateKey, name: str = "anything", *extensions: x509.ExtensionType
) -> str:
    """A CSR, PEM; whatever it asks for besides its key must not matter."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def token(
    key: ec.EllipticCurvePrivateKey,
    agent: str,
    *,
    audience: str = "lectern-fleet",
    at: float | None = None,
    lifetime: float = 600,
    **claims: object,
) -> str:
    """A bearer token as `contract.http` describes it."""
    now = time.time() if at is None else at
    content = {
        "iss": agent,
        "sub": agent,
        "aud": audience,
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
        "jti": "1",
        **claims,
    }
    return jwt.encode({"alg": "ES256"}, content, ECKey.import_key(key_pem(key)))


@dataclass(slots=True)
class Room:
    """An enrolled PC."""

    id: str
    agent: str
    key: ec.EllipticCurvePrivateKey
    directory: Path

    def token(self, **changes: object) -> str:
        return token(self.key, self.agent, **changes)  # type: ignore[arg-type]

    def connect(self, port: int, client_id: str = "") -> "Client":
        """Its MQTT connection, subscribed to nothing yet."""
        return Client(port, client_id or self.agent, self.directory)

    def message(self, payload: m.Payload, seq: int, epoch: str = "epoch-1") -> tuple[str, bytes]:
        """Topic and body of an up message."""
        channel, _ = _place(payload)
        body = codec.encode_up(
            payload, source=self.agent, time=datetime.now(UTC), epoch=epoch, seq=seq
        )
        return topics.topic(self.agent, channel), body


def _place(payload: m.Payload) -> tuple[str, str]:
    from contract import registry  # noqa: PLC0415 - read at the call, like the codec does

    return registry.place_of(payload)


def enrolled_room(fleet: Fleet, name: str, tmp_path: Path) -> Room:
    """Add a room and trade a claim for a certificate, without HTTP."""
    now = datetime.now(UTC)
    key = new_key()
    with fleet.database.write() as session:
        added = service.add_room(session, unit_id=orgs.root(session).id, name=name)
        claim = enrolment.issue_claim(session, added.id, now)
        made = enrolment.enrol(session, fleet.authority, claim, signing_request(key), now, 90)
    directory = tmp_path / made.agent
    directory.mkdir()
    (directory / "certificate.pem").write_text(made.certificate)
    (directory / "key.pem").write_bytes(key_pem(key))
    (directory / "authorities.pem").write_text(fleet.authority.authorities)
    return Room(added.id, made.agent, key, directory)


def tls(directory: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(directory / "authorities.pem"))
    context.load_cert_chain(directory / "certificate.pem", directory / "key.pem")
    return context


class Client:
    """A blocking MQTT 5 client."""

    def __init__(self, port: int, client_id: str, directory: Path) -> None:
        self.received: list[tuple[str, bytes, bool]] = []
        self.disconnects: list[int] = []
        self._results: dict[int, int] = {}
        self._changed = threading.Condition()
        self._connected: int | None = None
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5
        )
        self._client.reconnect_delay_set(3600, 3600)
        self._client.tls_set_context(tls(directory))
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.connect("localhost", port, keepalive=30)
        self._client.loop_start()
        self._until(lambda: self._connected is not None)
        assert self._connected == 0, self._connected

    def publish(self, topic: str, body: bytes, *, qos: int = 1, retain: bool = False) -> int:
        """Reason code of the broker's answer."""
        number = self._client.publish(topic, body, qos=qos, retain=retain).mid
        self._until(lambda: number in self._results)
        return self._results[number]

    def send(self, topic: str, body: bytes) -> None:
        """Publish at QoS 1 without waiting."""
        self._client.publish(topic, body, qos=1)

    def subscribe(self, topic: str) -> None:
        number = self._client.subscribe(topic, qos=1)[1]
        self._until(lambda: number in self._results)

    def wait_for(
        self, topic: str, fits: Callable[[bytes], bool] = lambda _: True, seconds: float = 10
    ) -> bytes:
        """The first message on `topic` that fits."""
        self._until(lambda: self._found(topic, fits) is not None, seconds)
        found = self._found(topic, fits)
        assert found is not None
        return found

    def acknowledged(self, room: Room, epoch: str = "epoch-1") -> set[int]:
        """Sequence numbers that the fleet says it holds."""
        held: set[int] = set()
        for topic, body, _ in list(self.received):
            if topic == topics.topic(room.agent, "ack"):
                ack = msgspec.json.decode(body, type=m.Ack)
                if ack.epoch == epoch:
                    held |= {n for first, last in ack.seqs for n in range(first, last + 1)}
        return held

    def wait_until_acknowledged(self, room: Room, wanted: set[int], seconds: float = 15) -> None:
        self._until(lambda: wanted <= self.acknowledged(room), seconds)

    def wait_until_cut(self, seconds: float = 10) -> int:
        """The reason the broker gives for ending the connection."""
        self._until(lambda: bool(self.disconnects), seconds)
        return self.disconnects[0]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _found(self, topic: str, fits: Callable[[bytes], bool]) -> bytes | None:
        return next((b for t, b, _ in list(self.received) if t == topic and fits(b)), None)

    def _until(self, done: Callable[[], bool], seconds: float = 10) -> None:
        with self._changed:
            assert self._changed.wait_for(done, seconds), f"not within {seconds} s"

    def _note(self, change: Callable[[], object]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    def _on_connect(
        self, _c: object, _u: object, _f: object, code: paho.ReasonCode, _p: object
    ) -> None:
        self._note(lambda: setattr(self, "_connected", code.value))

    def _on_disconnect(
        self, _c: object, _u: object, _f: object, code: paho.ReasonCode, _p: object
    ) -> None:
        self._note(lambda: self.disconnects.append(code.value))

    def _on_message(self, _c: object, _u: object, message: paho.MQTTMessage) -> None:
        entry = (message.topic, message.payload, message.retain)
        self._note(lambda: self.received.append(entry))

    def _on_publish(
        self, _c: object, _u: object, number: int, code: paho.ReasonCode, _p: object
    ) -> None:
        self._note(lambda: self._results.__setitem__(number, code.value))

    def _on_subscribe(
        self, _c: object, _u: object, number: int, codes: list[paho.ReasonCode], _p: object
    ) -> None:
        self._note(lambda: self._results.__setitem__(number, codes[0].value))
