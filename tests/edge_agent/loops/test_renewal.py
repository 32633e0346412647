import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from edge_agent.errors import Unreachable
from edge_agent.link import enrol
from edge_agent.link.identity import IdentityStore
from edge_agent.link.renewal import CertificateRenewer
from edge_agent.link.token import TokenSigner
from edge_agent.loops.bus import Bus
from edge_agent.loops.renewal import RenewalLoop
from edge_agent.loops.signals import IdentityRenewed
from tests.fakes.clock import START, FakeClock


def test_a_certificate_is_renewed_when_two_thirds_of_its_life_are_over(
    enrolled: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, clock, bus = IdentityStore(enrolled()), FakeClock(), Bus()
    begins, ends = store.require().lifetime()
    due = begins + (ends - begins) * 2 / 3
    clock.advance((due - START).total_seconds() - 3 * 3600)
    asked: list[timedelta] = []
    renewed = asyncio.Event()
    bus.on(IdentityRenewed, lambda _: renewed.set())

    async def renew(*_: object) -> None:
        asked.append(clock.now() - due)
        if len(asked) < 3:
            raise Unreachable("later")

    monkeypatch.setattr(enrol, "renew", renew)

    async def scene() -> None:
        renewer = CertificateRenewer(store, TokenSigner(store, clock.now), clock.now)
        loop = RenewalLoop(renewer, clock, bus)
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            running = group.create_task(loop.run())
            await renewed.wait()
            running.cancel()

    asyncio.run(scene())

    assert len(asked) == 3
    assert timedelta(0) <= asked[0] <= timedelta(hours=1)
    assert asked[2] < timedelta(hours=2)
