"""PJLink's search finds a simulated class 2 projector on the loopback's broadcast."""

import asyncio
from ipaddress import IPv4Interface

import pytest

from edge_agent.drivers.discovery import pjlink_search
from edge_agent.drivers.discovery.found import Found
from edge_agent.drivers.discovery.networks import networks
from edge_agent.errors import BadConfiguration, Unreachable
from simulator.projector import Projector

LOOPBACK = IPv4Interface("127.0.0.1/8")


def _search(projector: Projector) -> tuple[Found, ...]:
    async def scene() -> tuple[Found, ...]:
        async with projector:
            port = projector.search_port
            assert port
            return await pjlink_search.search(LOOPBACK, seconds=0.5, port=port)

    return asyncio.run(scene())


def test_a_class_2_projector_is_found_with_its_mac() -> None:
    assert _search(Projector(search_port=0, mac="0A:11:22:33:44:fF")) == (
        Found(
            "projector", "pjlink-class-2", "127.0.0.1", None, "", "0a:11:22:33:44:ff",
            "answers the search of PJLink class 2",
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    "projector",
    [Projector(search_port=0, pjlink_class=1), Projector(search_port=0, mac='x"]\n')],
    ids=["class 1", "nonsense"],
)
def test_a_class_1_projector_and_nonsense_are_not(projector: Projector) -> None:
    assert _search(projector) == ()


def test_an_address_that_is_not_this_pcs_is_told_apart() -> None:
    assert LOOPBACK in networks("127.0.0.1")
    assert not any(each.is_loopback for each in networks())
    with pytest.raises(BadConfiguration, match=r"it has .*127\.0\.0\.1"):
        networks("203.0.113.77")
    with pytest.raises(Unreachable):
        asyncio.run(pjlink_search.search(IPv4Interface("203.0.113.77/24"), seconds=0.1))
