"""The `Uplink` port on a real broker: what a connection promises and what it survives."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract import codec
from contract import messages as m
from contract.http import Enrolment
from edge_agent.errors import EdgeError, Refused, Unreachable
from edge_agent.link.identity import IdentityStore
from edge_agent.link.mqtt import MqttUplink
from edge_agent.room.events import DesiredCame
from edge_agent.settings import MqttSettings
from tests.edge_agent.conftest import AGENT
from tests.fakes.fleet import FakeFleet, fake_fleet
from tests.servers.certificates import Authority
from tests.servers.mosquitto import Broker
from tests.servers.tcp_proxy import TcpProxy

AT = datetime(2026, 9, 1, tzinfo=UTC)
Scenario = Callable[["Line"], Awaitable[None]]


def presence(state: str, session: int = 1) -> bytes:
    said = m.Presence(
        state=state, session=session, boot="b", since=AT, agent_version="0", contract="1.0"
    )
    return codec.encode_up(said, source=AGENT, time=AT)


def event(seq: int = 1, by: float = 1.0) -> bytes:
    return codec.encode_up(m.ClockStepped(by_seconds=by), source=AGENT, time=AT, epoch="e", seq=seq)


@dataclass
class Line:
    uplink: MqttUplink
    fleet: FakeFleet
    proxy: TcpProxy
    broker: Broker
    store: IdentityStore

    async def cut(self) -> None:
        await asyncio.to_thread(self.proxy.cut)


@pytest.fixture
def on_a_line(
    mosquitto: Callable[..., Broker],
    authority: Authority,
    enrolled: Callable[..., Path],
    tcp_proxy: Callable[..., TcpProxy],
) -> Callable[[Scenario], None]:
    broker = mosquitto()
    proxy = tcp_proxy(("127.0.0.1", broker.port))
    store = IdentityStore(enrolled(mqtt_port=proxy.port))
    settings = MqttSettings(will_delay_seconds=1, timeout_seconds=3)

    def play(scenario: Scenario) -> None:
        async def scene() -> None:
            async with fake_fleet(broker.port, authority) as fleet:
                line = Line(MqttUplink(store, settings), fleet, proxy, broker, store)
                await asyncio.wait_for(scenario(line), 30)

        asyncio.run(scene())

    return play


def test_messages_go_both_ways(on_a_line: Callable[[Scenario], None]) -> None:
    async def scenario(line: Line) -> None:
        async with line.uplink.connect(presence("lost")) as connection:
            messages = connection.messages()
            assert (await anext(messages)).state == "online"
            await connection.publish("event", event())
            await line.fleet.one(m.ClockStepped)
            ack = await anext(messages)
            assert (ack.epoch, ack.seqs) == ("e", ((1, 1),))
            order = m.Order(id="o", name="ping", not_after=AT)
            await line.fleet.order(AGENT, order)
            assert await anext(messages) == order
            await line.fleet.raw(
                AGENT, "desired", b'{"version":1,"state":{"scenes":[],"timetable":[]}}', retain=True
            )
            came = await anext(messages)
            assert isinstance(came, DesiredCame)
            assert (came.desired.version, came.unknown) == (1, ("scenes",))

    on_a_line(scenario)


def test_what_is_not_of_the_contract_is_counted(on_a_line: Callable[[Scenario], None]) -> None:
    async def scenario(line: Line) -> None:
        async with line.uplink.connect(presence("lost")) as connection:
            messages = connection.messages()
            await anext(messages)
            await line.fleet.raw(AGENT, "order", b"{")
            await line.fleet.raw(AGENT, "desired", b"", retain=True)
            await line.fleet.raw(AGENT, "order", b"x" * 300_000)
            await line.fleet.say("offline")
            assert (await anext(messages)).state == "offline"
            assert line.uplink.counts().malformed == 2

    on_a_line(scenario)


def test_a_broken_line_is_unreachable_and_the_will_follows(
    on_a_line: Callable[[Scenario], None],
) -> None:
    async def scenario(line: Line) -> None:
        async with line.uplink.connect(presence("lost")) as connection:
            await connection.publish("presence", presence("ready"))
            await line.cut()
            with pytest.raises(Unreachable):
                async for _ in connection.messages():
                    pass
            with pytest.raises(Unreachable):
                await connection.publish("event", event())
        await line.fleet.until(lambda: line.fleet.presence[-1:] == ["lost"])

    on_a_line(scenario)


def test_a_quick_reconnect_fires_no_will_and_loses_no_order(
    on_a_line: Callable[[Scenario], None],
) -> None:
    async def scenario(line: Line) -> None:
        async with line.uplink.connect(presence("lost")) as connection:
            await connection.publish("presence", presence("ready"))
            await line.cut()
            with contextlib.suppress(Unreachable):
                async for _ in connection.messages():
                    pass
        order = m.Order(id="o", name="ping", not_after=AT)
        await line.fleet.order(AGENT, order)
        line.proxy.restore()
        async with line.uplink.connect(presence("lost", 2)) as connection:
            await connection.publish("presence", presence("ready", 2))
            came = connection.messages()
            assert order in [await anext(came), await anext(came)]
            await asyncio.sleep(1.5)
            assert line.fleet.presence == ["ready", "ready"]
            await connection.publish("presence", presence("disconnected", 2))
        await asyncio.sleep(1.5)
        assert line.fleet.presence == ["ready", "ready", "disconnected"]

    on_a_line(scenario)


def test_a_broker_that_was_killed_is_found_again(
    mosquitto: Callable[..., Broker], enrolled: Callable[..., Path]
) -> None:
    broker = mosquitto()
    uplink = MqttUplink(IdentityStore(enrolled(mqtt_port=broker.port)), MqttSettings())

    async def scenario() -> None:
        async with uplink.connect(presence("lost")) as connection:
            await asyncio.to_thread(broker.kill)
            with pytest.raises(Unreachable):
                async for _ in connection.messages():
                    pass
        with pytest.raises(Unreachable):
            async with uplink.connect(presence("lost")):
                pass
        await asyncio.to_thread(broker.start)
        async with uplink.connect(presence("lost")) as connection:
            await connection.publish("event", event())

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_a_refused_topic_is_said(on_a_line: Callable[[Scenario], None], tmp_path: Path) -> None:
    async def scenario(line: Line) -> None:
        acl = line.broker.config.parent / "acl"
        text = acl.read_text().replace(
            "pattern readwrite lectern/v1/%u/#",
            "pattern read lectern/v1/%u/#\npattern write lectern/v1/%u/presence",
        )
        acl.write_text(text)
        await asyncio.to_thread(line.broker.reload)
        async with line.uplink.connect(presence("lost")) as connection:
            await connection.publish("presence", presence("ready"))
            with pytest.raises(Refused, match="event"):
                await connection.publish("event", event())

    on_a_line(scenario)


def test_many_messages_at_once_arrive_in_order(on_a_line: Callable[[Scenario], None]) -> None:
    async def scenario(line: Line) -> None:
        async with line.uplink.connect(presence("lost")) as connection:
            async with asyncio.TaskGroup() as group:
                for n in range(1, 301):
                    group.create_task(connection.publish("event", event(n, n)))
            await line.fleet.until(lambda: len(line.fleet.stored) == 300)
        assert [r.seq for r in line.fleet.received if r.seq] == list(range(1, 301))

    on_a_line(scenario)


def test_a_reply_carries_the_orders_correlation(on_a_line: Callable[[Scenario], None]) -> None:
    async def scenario(line: Line) -> None:
        reply = m.Reply(order="o-1", phase="done")
        async with line.uplink.connect(presence("lost")) as connection:
            body = codec.encode_up(reply, source=AGENT, time=AT, epoch="e", seq=9)
            await connection.publish("reply", body)
            assert await line.fleet.one(m.Reply) == reply
            assert line.fleet.correlations == [b"o-1"]

    on_a_line(scenario)


@pytest.mark.parametrize("why", ["expired", "stranger", "other authority"])
def test_no_one_gets_in_without_a_good_certificate(
    on_a_line: Callable[[Scenario], None],
    authority: Authority,
    enrolled: Callable[..., Path],
    tmp_path: Path,
    why: str,
) -> None:
    async def scenario(line: Line) -> None:
        identity = line.store.require()
        other = Authority(tmp_path / "other")
        if why == "other authority":
            identity.authorities.write_bytes(other.ca.read_bytes())
        else:
            pair = (
                authority.client(AGENT, timedelta(hours=-1))
                if why == "expired"
                else other.client(AGENT)
            )
            identity.certificate.write_bytes(pair.certificate.read_bytes())
            identity.key.write_bytes(pair.key.read_bytes())
        with pytest.raises(EdgeError):
            async with line.uplink.connect(presence("lost")):
                pass
        assert line.fleet.presence == []

    on_a_line(scenario)


def test_a_renewed_certificate_is_kept_only_if_it_works(
    on_a_line: Callable[[Scenario], None], authority: Authority, tmp_path: Path
) -> None:
    async def scenario(line: Line) -> None:
        def candidate(pair) -> None:
            now = line.store.require()
            enrolment = Enrolment(
                agent=AGENT,
                certificate=pair.certificate.read_text(),
                authorities=authority.ca.read_text(),
                mqtt_host=now.mqtt_host,
                mqtt_port=now.mqtt_port,
                http_url=now.http_url,
            )
            line.store.save(pair.key.read_bytes(), enrolment, renewed=True)

        before = line.store.require().certificate.read_bytes()
        candidate(Authority(tmp_path / "other").client(AGENT))
        async with line.uplink.connect(presence("lost")) as connection:
            await connection.publish("presence", presence("ready"))
        assert line.store.require().certificate.read_bytes() == before
        assert line.store.candidate() is None

        candidate(authority.client(AGENT))
        async with line.uplink.connect(presence("lost")) as connection:
            await connection.publish("presence", presence("ready"))
        assert line.store.require().certificate.read_bytes() != before
        assert line.store.candidate() is None

    on_a_line(scenario)
