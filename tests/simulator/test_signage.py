"""The simulated display speaks as LG's manuals say, to a client that only knows sockets."""

import asyncio

from simulator.signage import SignageDisplay

MANUAL = [
    (b"ka 01 ff\r", b"a 01 OK01x"),
    (b"kf 01 0f\r", b"f 01 OK0fx"),
    (b"kf 01 FF\r", b"f 01 OK0fx"),
    (b"kf 01 65\r", b"f 01 NG65x"),
    (b"ke 01 00\r", b"e 01 OK00x"),
    (b"kb 01 09\r", b"b 01 OK09x"),
    (b"sv 01 02 ff\r", b"v 01 OK0201x"),
    (b"dn 01 ff\r", b"n 01 OK28x"),
    (b"dp 01 ff\r", b"p 01 OK01x"),
    (b"dn 01 20\r", b"n 01 NG20x"),
    (b"ka 02 ff\rka 01 00\r", b"a 01 OK00x"),
    (b"kf 01 ff\r", b"f 01 NGffx"),
    (b"ka 01 ff\r", b"a 01 OK00x"),
]


def test_it_answers_as_the_manuals_say() -> None:
    async def run() -> None:
        async with SignageDisplay() as display:
            reader, writer = await asyncio.open_connection("127.0.0.1", display.port)
            async with asyncio.timeout(5):
                for sent, received in MANUAL:
                    writer.write(sent)
                    assert await reader.readexactly(len(received)) == received, sent
            writer.close()

    asyncio.run(run())
