"""`kill -9` of a process that writes to the outbox."""

import asyncio
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract import codec
from edge_agent.storage.sqlite_journal import open_journal
from tests.servers.child import Children

WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from contract.messages import ClockStepped
from edge_agent.storage.sqlite_journal import open_journal

async def main():
    journal = await open_journal(Path(sys.argv[1]), agent="room-1", now=lambda: datetime.now(UTC))
    async def write(writer):
        number = 0
        while True:
            number += 1
            seq = await journal.outbox.append(ClockStepped(by_seconds=number))
            print(f"kept {seq}", flush=True)
    await asyncio.gather(*(write(n) for n in range(8)))

asyncio.run(main())
"""


@pytest.mark.fault
def test_what_was_kept_survives_and_no_number_is_used_twice(
    tmp_path: Path, children: Children, figure: Callable[[str, str], None]
) -> None:
    kept: list[int] = []
    for _ in range(5):
        writer = children.start([sys.executable, "-c", WRITER, tmp_path], name="writer")
        writer.wait_for(r"kept \d+\n(.*\n){50}")
        writer.kill()
        kept += [int(n) for n in re.findall(r"^kept (\d+)$", writer.output(), re.MULTILINE)]

    async def read() -> list[codec.Received]:
        journal = await open_journal(tmp_path, agent="room-1", now=lambda: datetime.now(UTC))
        rows = await journal.outbox.pending("event", 0, 10**6)
        await journal.close()
        return [codec.decode_up(row.body) for row in rows]

    found = {received.seq for received in asyncio.run(read())}
    assert len(kept) == len(set(kept)) > 250
    lost = set(kept) - found
    figure("messages lost of those kept before kill -9", f"{len(lost)} of {len(kept)}")
    assert not lost
