"""Where the page is served, and what is said when it cannot be."""

import asyncio
import socket

import pytest

from edge_agent.errors import BadConfiguration
from edge_agent.panel import build, serve
from edge_agent.settings import PanelSettings
from tests.edge_agent.panel.served import served
from tests.fakes.touch_room import FakeMonitor, FakeRoom


def application(settings: PanelSettings) -> object:
    room = FakeRoom()
    return build(room, FakeMonitor(room), settings)


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings = PanelSettings(port=other.getsockname()[1])
        room = FakeRoom()
        app = build(room, FakeMonitor(room), settings)
        with pytest.raises(BadConfiguration, match=r"cannot listen on .*\[panel\] port"):
            asyncio.run(serve(app, settings))


def test_an_address_of_another_pc_is_named() -> None:
    settings = PanelSettings.model_construct(host="192.0.2.7", port=8090)
    room = FakeRoom()
    app = build(room, FakeMonitor(room), PanelSettings())
    with pytest.raises(BadConfiguration, match=r"\[panel\] host"):
        asyncio.run(serve(app, settings))


def test_an_unknown_time_zone_is_named() -> None:
    with pytest.raises(BadConfiguration, match=r"\[panel\] timezone: there is no 'Mars/Base'"):
        application(PanelSettings(timezone="Mars/Base"))


def test_only_the_loopback_is_listened_on() -> None:
    with served() as page, pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", page.settings.port), 1)


def test_it_speaks_the_rooms_language_and_has_its_name() -> None:
    with served(language="fr", room="Salle 7", timezone="") as page:
        page.change(room="")
        text = page.visitor().see()
    assert '<html lang="fr" dir="ltr">' in text
    assert "Salle 7" in text
