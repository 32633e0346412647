"""The broker's configuration, and shutting agents out of a real one."""

import os
import socket
import ssl
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from contract import messages as m
from contract import registry
from fleet.adapters.mosquitto import BrokerPlan, acl, configuration
from fleet.app import Fleet, write_broker_config
from fleet.classrooms import certificates, enrolment
from fleet.classrooms.authority import Authority
from tests.fleet.ingesting import environment, start
from tests.fleet.rooms import NOT_AUTHORISED, Client, Room, key_pem, new_key, tls
from tests.servers.certificates import Authority as Stranger
from tests.servers.child import Children
from tests.servers.mosquitto import Broker

RoomOf = Callable[[str], Room]


def may_connect(directory: Path, port: int) -> bool:
    """Whether the broker completes a TLS handshake and answers an MQTT CONNECT."""
    connect = b"\x10\x11\x00\x04MQTT\x05\x02\x00\x1e\x00\x00\x04abcd"
    try:
        with (
            socket.create_connection(("localhost", port), 5) as plain,
            tls(directory).wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            secure.sendall(connect)
            return secure.recv(1) == b"\x20"
    except (ssl.SSLError, ConnectionError):
        return False


def test_the_acl_has_one_line_a_topic_and_direction() -> None:
    lines = acl(["gone"]).splitlines()

    for channel in registry.CHANNELS:
        verb = "write" if channel.direction == "up" else "read"
        assert lines.count(f"pattern {verb} lectern/v1/%u/{channel.name}") == 1
    assert sum(line.startswith("pattern") for line in lines) == len(registry.CHANNELS) + 1
    assert lines.index("user gone") + 1 == lines.index("topic deny #")


def test_the_limits_are_the_contract_s(tmp_path: Path) -> None:
    text = configuration(tmp_path, BrokerPlan(1234, "127.0.0.1", "mosquitto"))

    size = int(text.partition("max_packet_size ")[2].split()[0])
    assert registry.MAX_MESSAGE_BYTES < size < registry.MAX_MESSAGE_BYTES + 10_000
    for line in (
        "listener 1234 127.0.0.1",
        "require_certificate true",
        "use_identity_as_username true",
        "allow_anonymous false",
        "set_tcp_nodelay true",
        "tls_version tlsv1.2",
        "user mosquitto",
    ):
        assert line in text.splitlines()


def test_only_certificates_of_ours_that_are_in_time_get_in(
    fleet: Fleet, broker: Broker, room: RoomOf, tmp_path: Path
) -> None:
    lab = room("Lab")
    assert may_connect(lab.directory, broker.port)

    signer = _signer(fleet.authority)
    key = new_key()
    now = datetime.now(UTC)
    long_ago = now - timedelta(days=20)
    expired = certificates.client(signer, lab.agent, key.public_key(), long_ago, timedelta(days=1))
    wrong_use = certificates.server(signer, [lab.agent], key.public_key(), now)
    rogue = Stranger(tmp_path / "rogue").client(lab.agent)

    refused = {
        "expired": _identity(tmp_path / "expired", fleet, expired, key_pem(key)),
        "made for servers": _identity(tmp_path / "server", fleet, wrong_use, key_pem(key)),
        "of another authority": _identity(
            tmp_path / "other",
            fleet,
            x509.load_pem_x509_certificate(rogue.certificate.read_bytes()),
            rogue.key.read_bytes(),
        ),
    }

    assert {what: may_connect(d, broker.port) for what, d in refused.items()} == dict.fromkeys(
        refused, False
    )
    assert not _connects_without_certificate(fleet, broker.port)
    assert _refusal_of_old_tls(lab, broker.port) == "TLSV1_ALERT_PROTOCOL_VERSION"


def test_a_revoked_agent_is_cut_off_and_can_do_nothing_more(
    children: Children,
    fleet: Fleet,
    broker: Broker,
    room: RoomOf,
    figure: Callable[[str, str], None],
) -> None:
    start(children, fleet.settings, "serve", "connected to the broker")
    lab, other = room("Lab"), room("Other")
    under_its_name = lab.connect(broker.port)
    in_disguise = Client(broker.port, "another-client-id", lab.directory)
    innocent = other.connect(broker.port)
    event = lab.message(m.ClockStepped(by_seconds=1), seq=1)
    assert in_disguise.publish(*event) != NOT_AUTHORISED

    began = time.monotonic()
    revoked = _revoke(children, fleet, lab.agent)
    under_its_name.wait_until_cut(40)
    figure("revoked agent cut off after", f"{time.monotonic() - began:.1f} s")

    assert revoked == 0
    assert in_disguise.publish(*event) == NOT_AUTHORISED
    assert not may_connect(lab.directory, broker.port)
    assert innocent.publish(*other.message(m.ClockStepped(by_seconds=1), seq=1)) != NOT_AUTHORISED
    with fleet.database.read() as session:
        assert enrolment.shut_out(session, datetime.now(UTC)).agents == {lab.agent}


def test_a_broker_run_by_root_gives_root_up(fleet: Fleet, mosquitto: Callable[..., Broker]) -> None:
    """What `--user mosquitto` is for: that user can read its files, and no other the key."""
    pwd = pytest.importorskip("pwd")
    if os.geteuid() != 0:
        pytest.skip("needs root, to start a broker that gives root up")
    try:
        pwd.getpwnam("mosquitto")
    except KeyError:
        pytest.skip("there is no user mosquitto on this machine")
    with tempfile.TemporaryDirectory(prefix="lectern-") as text:
        directory = Path(text)
        directory.chmod(0o755)
        place = directory / "broker"
        plan = BrokerPlan(fleet.settings.mqtt_port, "127.0.0.1", "mosquitto")
        running = mosquitto(write_broker_config(fleet, place, plan), fleet.settings.mqtt_port)
        status = Path(f"/proc/{running.child.pid}/status").read_text()
        running.stop()

    assert f"Uid:\t{pwd.getpwnam('mosquitto').pw_uid}" in status


def _revoke(children: Children, fleet: Fleet, agent: str) -> int:
    child = children.start(
        [sys.executable, "-m", "fleet", "revoke", agent], env=environment(fleet.settings)
    )
    return child.wait(60)


def _signer(authority: Authority) -> certificates.Signer:
    text = (authority.directory / "authority.pem").read_bytes()
    key = load_pem_private_key(text, None)
    return certificates.Signer(x509.load_pem_x509_certificate(text), key)  # type: ignore[arg-type]


def _identity(directory: Path, fleet: Fleet, leaf: x509.Certificate, key: bytes) -> Path:
    directory.mkdir()
    (directory / "certificate.pem").write_text(certificates.pem(leaf))
    (directory / "key.pem").write_bytes(key)
    (directory / "authorities.pem").write_text(fleet.authority.authorities)
    return directory


def _connects_without_certificate(fleet: Fleet, port: int) -> bool:
    context = ssl.create_default_context(cadata=fleet.authority.authorities)
    try:
        with (
            socket.create_connection(("localhost", port), 5) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            secure.sendall(b"\x10\x11\x00\x04MQTT\x05\x02\x00\x1e\x00\x00\x04abcd")
            return secure.recv(1) == b"\x20"
    except (ssl.SSLError, ConnectionError):
        return False


def _refusal_of_old_tls(room: Room, port: int) -> str:
    """What the server answers to a client that offers TLS 1.1 at most."""
    context = tls(room.directory)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    try:
        with socket.create_connection(("localhost", port), 5) as plain:
            context.wrap_socket(plain, server_hostname="localhost").close()
    except ssl.SSLError as error:
        return error.reason
    return "none"
