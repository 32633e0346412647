"""The simulated switcher speaks as Extron's guide says, to a client that only knows sockets."""

import asyncio

from simulator.switcher import Switcher

Said = list[tuple[bytes, bytes]]

GUIDE: Said = [
    (b"!", b"1\r\n"),
    (b"3!", b"In3 All\r\n"),
    (b"!", b"3\r\n"),
    (b"1B", b"Vmt1\r\n"),
    (b"B", b"1\r\n"),
    (b"0B", b"Vmt0\r\n"),
    (b"9!", b"E01\r\n"),
    (b"3B", b"E13\r\n"),
    (b"X", b"E10\r\n"),
    (b"Q", b"1.07\r\n"),
    (b"N", b"60-1238-01\r\n"),
    (b"\x1b20STAT\r", b"38\r\n"),
]


async def _talk(switcher: Switcher, said: Said, greeting: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", switcher.port)
    async with asyncio.timeout(5):
        await reader.readuntil(greeting)
        for sent, received in said:
            writer.write(sent)
            assert await reader.readexactly(len(received)) == received, sent
    writer.close()


def test_it_answers_as_the_guide_says() -> None:
    async def run() -> None:
        async with Switcher() as switcher:
            await _talk(switcher, GUIDE, b"2026 08:00:00\r\n")

    asyncio.run(run())


def test_it_asks_for_its_password_until_it_is_right() -> None:
    async def run() -> None:
        async with Switcher(password="secret") as switcher:
            for _ in range(2):
                said = [
                    (b"wrong\r", b"\r\nPassword:"),
                    (b"2!\r", b"\r\nPassword:"),
                    (b"secret\r", b"\r\nLogin Administrator\r\n"),
                    (b"!", b"1\r\n"),
                ]
                await _talk(switcher, said, b"Password:")

    asyncio.run(run())


def test_it_tells_everybody_what_was_pressed() -> None:
    async def run() -> None:
        async with Switcher() as switcher:
            reader, writer = await asyncio.open_connection("127.0.0.1", switcher.port)
            async with asyncio.timeout(5):
                await reader.readuntil(b"08:00:00\r\n")
                await switcher.press(4)
                assert await reader.readline() == b"In4 All\r\n"
            writer.close()

    asyncio.run(run())
