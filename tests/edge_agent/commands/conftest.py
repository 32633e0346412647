"""Simulated devices that run beside a command, in a thread with a loop of their own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from simulator.projector import Projector
from simulator.tcp_device import TcpDevice

Simulated = TypeVar("Simulated", bound=TcpDevice)


@pytest.fixture
def beside() -> Iterator[Callable[[Simulated], Simulated]]:
    """`beside(Projector())` runs it until the end of the test."""
    ends: list[Callable[[], None]] = []

    def start(device: Simulated) -> Simulated:
        ready = threading.Event()
        loop = asyncio.new_event_loop()
        over = asyncio.Event()

        async def run() -> None:
            async with device:
                ready.set()
                await over.wait()

        thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
        thread.start()
        assert ready.wait(5)

        def end() -> None:
            loop.call_soon_threadsafe(over.set)
            thread.join(5)
            loop.close()

        ends.append(end)
        return device

    yield start
    for end in ends:
        end()


@pytest.fixture
def projector(beside: Callable[[Projector], Projector]) -> Projector:
    """A projector that is on."""
    projector = Projector(warm_up=0.0)
    projector.switch(on=True)
    return beside(projector)
