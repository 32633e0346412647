"""The simulated projector, judged by two PJLink clients nobody here wrote."""

import asyncio

import aiopjlink
import pypjlink
import pytest

from simulator.projector import OFF, ON, WARMING, Projector
from tests.edge_agent.drivers.simulated import until

PASSWORD = "JBMIAProjectorLink"


def test_aiopjlink_runs_it_through_a_lesson() -> None:
    async def scene() -> None:
        async with (
            Projector(password=PASSWORD) as projector,
            aiopjlink.PJLink("127.0.0.1", projector.port, PASSWORD) as client,
        ):
            assert await client.power.get() is client.power.State.OFF
            await client.power.turn_on()
            assert await client.power.get() is client.power.State.WARMING
            with pytest.raises(aiopjlink.PJLinkERR3):
                await client.power.turn_off()
            await until(lambda: projector.power != WARMING)

            assert await client.power.get() is client.power.State.ON
            await client.sources.set("3", "2")
            assert [each.value if n == 0 else each for n, each in enumerate(
                await client.sources.get()
            )] == ["3", "2"]  # fmt: skip
            with pytest.raises(aiopjlink.PJLinkERR2):
                await client.sources.set("5", "9")
            await client.mute.video(muted=True)
            assert await client.mute.status() == (True, False)
            await client.freeze.set(freeze=True)
            assert await client.freeze.get()
            assert await client.lamps.status() == [(1234, client.lamps.State.ON)]
            assert await client.filter.hours() == 77
            await client.speaker.turn_up()
            projector.errors = "000012"
            levels = [level.value for level in (await client.errors.query()).values()]
            assert levels == ["0", "0", "0", "0", "1", "2"]

            await client.power.turn_off()
            assert await client.power.get() is client.power.State.COOLING
            with pytest.raises(aiopjlink.PJLinkERR3):
                await client.sources.get()

    asyncio.run(scene())


def test_pypjlink2_agrees_with_what_it_says() -> None:
    def judge(port: int) -> None:
        with pypjlink.Projector.from_address("127.0.0.1", port, timeout=5) as client:
            assert client.authenticate(PASSWORD) is True
            assert client.get_power() == "on"
            assert client.get_input() == ("DIGITAL", 1)
            client.set_mute(pypjlink.MUTE_AUDIO, True)
            assert client.get_mute() == (False, True)
            assert client.get_errors()["lamp"] == "warning"
            assert client.get_lamps() == [(1234, True), (20, True)]
            assert ("RGB", 1) in client.get_inputs()
            assert client.get_name() == "Room 101"

    async def scene() -> None:
        async with Projector(password=PASSWORD, warm_up=0, pjlink_class=1) as projector:
            projector.lamps.append(20)
            projector.errors = "010000"
            projector.switch(on=True)
            await asyncio.to_thread(judge, projector.port)

    asyncio.run(scene())


def test_both_are_turned_away_with_a_wrong_password() -> None:
    def judge(port: int) -> None:
        with pypjlink.Projector.from_address("127.0.0.1", port, timeout=5) as client:
            assert client.authenticate("wrong") is False

    async def scene() -> None:
        async with Projector(password=PASSWORD) as projector:
            await asyncio.to_thread(judge, projector.port)
            with pytest.raises(aiopjlink.PJLinkPassword):
                async with aiopjlink.PJLink("127.0.0.1", projector.port, "wrong"):
                    pass

    asyncio.run(scene())


def test_the_password_is_hashed_as_in_the_specification() -> None:
    """The document's own example: the word 498e4a67 and the password JBMIAProjectorLink."""

    async def scene() -> bytes:
        async with Projector(password=PASSWORD) as projector:
            reader, writer = await asyncio.open_connection("127.0.0.1", projector.port)
            assert await reader.readuntil(b"\r") == b"PJLINK 1 498e4a67\r"
            writer.write(b"5d8409bc1c3fa39749434aa3a5c38682%1POWR ?\r")
            answer = await reader.readuntil(b"\r")
            writer.close()
            return answer

    assert asyncio.run(scene()) == b"%1POWR=0\r"


def test_a_class_1_projector_knows_nothing_of_class_2() -> None:
    async def scene() -> None:
        async with (
            Projector(pjlink_class=1) as projector,
            aiopjlink.PJLink("127.0.0.1", projector.port) as client,
        ):
            with pytest.raises(aiopjlink.PJLinkERR1):
                await client.freeze.get()

    asyncio.run(scene())


def test_it_remembers_that_its_mains_were_cut_while_it_was_hot() -> None:
    async def scene() -> None:
        async with Projector(cool_down=0.05, warm_up=0) as projector:
            projector.cut_mains()
            assert projector.harmed == 0
            projector.restore_mains()
            projector.switch(on=True)
            assert projector.power == ON
            projector.cut_mains()
            assert projector.harmed == 1
            projector.restore_mains()
            projector.switch(on=True)
            projector.switch(on=False)
            projector.cut_mains()
            assert projector.harmed == 2
            projector.restore_mains()
            projector.switch(on=True)
            projector.switch(on=False)
            await until(lambda: projector.power == OFF)
            projector.cut_mains()
            assert projector.harmed == 2

    asyncio.run(scene())


def test_it_closes_a_quiet_line_and_serves_only_so_many() -> None:
    async def scene() -> None:
        async with Projector() as projector:
            projector.idle, projector.most_lines = 0.1, 1
            reader, writer = await asyncio.open_connection("127.0.0.1", projector.port)
            other, second = await asyncio.open_connection("127.0.0.1", projector.port)
            async with asyncio.timeout(2):
                assert await other.read() == b""
                assert await reader.read() == b"PJLINK 0\r"
            writer.close()
            second.close()

    asyncio.run(scene())


def test_a_class_2_projector_answers_a_search_with_its_mac() -> None:
    class Client(asyncio.DatagramProtocol):
        def __init__(self) -> None:
            self.heard = asyncio.get_running_loop().create_future()

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            self.heard.set_result(data)

    async def scene(pjlink_class: int) -> bytes:
        async with Projector(search_port=0, pjlink_class=pjlink_class) as projector:
            transport, client = await asyncio.get_running_loop().create_datagram_endpoint(
                Client, local_addr=("127.0.0.1", 0), allow_broadcast=True
            )
            transport.sendto(b"%2SRCH\r", ("127.255.255.255", projector.search_port))
            try:
                async with asyncio.timeout(0.3):
                    return bytes(await client.heard)
            except TimeoutError:
                return b""
            finally:
                transport.close()

    assert asyncio.run(scene(2)) == b"%2ACKN=00:11:22:33:44:55\r"
    assert asyncio.run(scene(1)) == b""
