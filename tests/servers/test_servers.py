"""The servers of the fixtures do what the tests that lean on them believe."""

import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import paho.mqtt.client as paho
import pytest
import sqlalchemy
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers.certificates import Authority, Pair
from tests.servers.child import Children
from tests.servers.lossy_link import LossyLink
from tests.servers.mosquitto import Broker
from tests.servers.postgresql import PostgreSql
from tests.servers.tcp_proxy import TcpProxy


@pytest.fixture
def echo() -> tuple[str, int]:
    """A server that sends back what it gets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(end: socket.socket) -> None:
        with end, suppress(ConnectionResetError):
            while data := end.recv(65_536):
                end.sendall(data)

    def accept() -> None:
        while True:
            end, _ = listener.accept()
            threading.Thread(target=serve, args=(end,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()


def test_a_line_of_output_is_awaited(children: Children) -> None:
    child = children.start([sys.executable, "-c", "print('ready 7'); input()"])

    assert child.wait_for(r"ready (\d)").group(1) == "7"
    assert child.wait() == 1  # it has no standard input


def test_a_line_that_never_comes_shows_the_output(children: Children) -> None:
    child = children.start([sys.executable, "-c", "print('something else')"])

    with pytest.raises(AssertionError, match="something else"):
        child.wait_for("ready", 5)


def test_what_outlives_its_parent_is_found_and_killed(tmp_path: Path) -> None:
    children = Children(tmp_path)
    leave = "import subprocess as s; s.Popen(['sleep', '60'], start_new_session=True); print('ok')"
    child = children.start([sys.executable, "-c", leave])
    child.wait()
    left = child.descendants()

    with pytest.raises(AssertionError, match="sleep 60"):
        children.close(patience=0.3)
    assert len(left) == 1
    time.sleep(0.1)
    assert child.descendants() == []


def _connect(
    broker: Broker,
    authority: Authority,
    pair: Pair,
    on_message: Callable[[paho.MQTTMessage], None] | None = None,
) -> paho.Client:
    """A client that is connected; with `on_message`, it has subscribed to everything."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    ready = threading.Event()
    if on_message:
        client.on_message = lambda _client, _data, message: on_message(message)
        client.on_connect = lambda client, *_: client.subscribe("lectern/v1/#", 1)
        client.on_subscribe = lambda *_: ready.set()
    else:
        client.on_connect = lambda *_: ready.set()
    client.tls_set(
        str(authority.ca), str(pair.certificate), str(pair.key), tls_version=ssl.PROTOCOL_TLS_CLIENT
    )
    client.connect(broker.host, broker.port)
    client.loop_start()
    assert ready.wait(20)
    return client


def test_mosquitto_knows_clients_by_certificate_and_survives_a_kill(
    mosquitto: Callable[..., Broker], authority: Authority
) -> None:
    broker = mosquitto()
    for _ in range(2):
        heard: list[str] = []
        come = threading.Event()

        def take(message: paho.MQTTMessage) -> None:
            heard.append(message.topic)  # noqa: B023 - both are of this turn
            come.set()  # noqa: B023

        fleet = _connect(broker, authority, authority.client("fleet"), take)
        room = _connect(broker, authority, authority.client("room-1"))
        room.publish("lectern/v1/room-2/event", b"not mine", 1)
        room.publish("lectern/v1/room-1/event", b"mine", 1)

        assert come.wait(20)
        assert heard == ["lectern/v1/room-1/event"]
        for client in (room, fleet):
            client.disconnect()
            client.loop_stop()
        broker.kill()
        broker.start()


def test_mosquitto_refuses_strangers(
    mosquitto: Callable[..., Broker], authority: Authority, tmp_path: Path
) -> None:
    broker = mosquitto()
    rogue = Authority(tmp_path / "rogue").client("room-1")
    context = ssl.create_default_context(cafile=authority.ca)
    context.load_cert_chain(rogue.certificate, rogue.key)

    with (  # TLS 1.3 tells a client only when it reads
        pytest.raises(OSError, match=r"alert|reset|EOF"),
        socket.create_connection((broker.host, broker.port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        wrapped.recv(1)


def _is_broken(end: socket.socket) -> bool:
    """Reset, or closed: which of its two ends a proxy breaks first is a race."""
    try:
        return end.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_proxy_cuts_and_restores(
    tcp_proxy: Callable[..., TcpProxy], echo: tuple[str, int]
) -> None:
    proxy = tcp_proxy(echo)
    with socket.create_connection(("127.0.0.1", proxy.port), 5) as end:
        end.sendall(b"x" * 1000)
        assert len(_read(end, 1000)) == 1000
        proxy.cut()
        assert _is_broken(end)
    with (
        suppress(ConnectionResetError),  # already in connect, now and then
        socket.create_connection(("127.0.0.1", proxy.port), 5) as end,
    ):
        assert _is_broken(end)
    proxy.restore()
    with socket.create_connection(("127.0.0.1", proxy.port), 5) as end:
        end.sendall(b"again")
        assert _read(end, 5) == b"again"
    assert (proxy.up, proxy.down, proxy.cuts) == (1005, 1005, 1)


def test_a_proxy_keeps_its_rate(tcp_proxy: Callable[..., TcpProxy], echo: tuple[str, int]) -> None:
    proxy = tcp_proxy(echo)
    proxy.bytes_per_second = 200_000
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", proxy.port), 5) as end:
        end.sendall(b"x" * 100_000)
        _read(end, 100_000)

    assert 0.45 < time.monotonic() - began < 2.5


def test_a_lossy_link_delays_and_limits_and_still_delivers(
    lossy_link: Callable[..., LossyLink], echo: tuple[str, int], figure: Callable[[str, str], None]
) -> None:
    link = lossy_link(delay=0.05, loss=0.02, bits_per_second=4e6)
    proxy = link.proxy(echo)
    payload = os.urandom(200_000)
    with socket.create_connection(("127.0.0.1", proxy.port), 5) as end:
        began = time.monotonic()
        end.sendall(b"x")
        _read(end, 1)
        there_and_back = time.monotonic() - began
        threading.Thread(target=end.sendall, args=(payload,)).start()

        assert _read(end, len(payload)) == payload
    took = time.monotonic() - began
    figure("round trip of a line with 50 ms each way", f"{there_and_back * 1000:.0f} ms")
    figure("packets lost of a line that loses 2 %", f"{link.dropped}")
    assert there_and_back > 0.1
    assert took > len(payload) * 8 / 4e6


def test_postgresql_holds_tables(postgresql: PostgreSql) -> None:
    engine = sqlalchemy.create_engine(postgresql.url)
    with engine.begin() as connection:
        version = connection.execute(sqlalchemy.text("show server_version_num")).scalar_one()
    engine.dispose()

    assert int(version) >= 140_000


def _read(end: socket.socket, size: int) -> bytes:
    end.settimeout(30)
    data = b""
    while len(data) < size:
        more = end.recv(65_536)
        assert more, f"closed after {len(data)} of {size} bytes"
        data += more
    return data
