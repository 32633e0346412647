"""Files of orders on their way to the fleet."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from contract.http import MAX_ORDER_FILE_BYTES
from edge_agent.errors import EdgeError, Refused, Unreachable
from edge_agent.link.bandwidth import Bandwidth
from edge_agent.link.clock import FleetClock
from edge_agent.link.identity import IdentityStore
from edge_agent.link.order_files import OrderFileSender
from edge_agent.link.token import TokenSigner
from tests.edge_agent.conftest import AGENT
from tests.fakes.tus_server import TusServer

Send = Callable[..., None]


@pytest.fixture
def send(enrolled: Callable[..., Path], tus_server: TusServer) -> Send:
    store = IdentityStore(enrolled(http_url=tus_server.url))

    def do(content: bytes, kind: str = "image/jpeg", rate: int | None = None) -> None:
        signer = TokenSigner(store, lambda: datetime.now(UTC))
        sender = OrderFileSender(store, signer, Bandwidth(FleetClock(), rate), 5)
        asyncio.run(sender.send("order-1", content, kind))

    return do


def test_a_file_is_put_under_its_order_with_the_agents_token(
    send: Send, tus_server: TusServer, tmp_path: Path
) -> None:
    content = bytes(range(256)) * 1000
    send(content)

    assert tus_server.order_files == {"order-1": ("image/jpeg", content)}
    assert tus_server.requests == ["PUT"]
    (bearer,) = tus_server.bearers
    key = ECKey.import_key(IdentityStore(tmp_path / "room").require().key.read_bytes())
    assert jwt.decode(bearer.removeprefix("Bearer "), key, ["ES256"]).claims["sub"] == AGENT


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Unreachable),
        (404, Refused),
        (409, Refused),
        (413, Refused),
        (429, Unreachable),
        (302, Refused),
        (503, Unreachable),
    ],
)
def test_a_fleet_that_does_not_take_it(
    send: Send, tus_server: TusServer, status: int, error: type[EdgeError]
) -> None:
    tus_server.answers.append(f"PUT {status}")
    with pytest.raises(error, match=str(status)):
        send(b"x")


def test_a_fleet_that_is_away(send: Send, tus_server: TusServer) -> None:
    tus_server.stop()
    with pytest.raises(Unreachable):
        send(b"x")


def test_a_file_that_is_too_large_is_not_even_offered(send: Send, tus_server: TusServer) -> None:
    with pytest.raises(Refused, match="more than"):
        send(bytes(MAX_ORDER_FILE_BYTES + 1))
    assert tus_server.requests == []


def test_it_takes_no_more_of_the_line_than_uploads_may(send: Send, tus_server: TusServer) -> None:
    began = time.monotonic()
    send(bytes(400_000), rate=200_000)
    assert 1.4 < time.monotonic() - began < 5
    assert len(tus_server.order_files["order-1"][1]) == 400_000
