"""A simulated VISCA camera and the driver of a shipped profile, over UDP or TCP."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from edge_agent.ports.driver import Driver
from simulator.visca_camera import ViscaCamera
from tests.edge_agent.drivers.simulated import connected, device

Scene = Callable[[ViscaCamera, Driver], Coroutine[Any, Any, None]]

LIMIT = 0.4
"""Seconds of each limit of the driver."""

both = pytest.mark.parametrize("kind", ["udp", "tcp"])


def play(
    scene: Scene, kind: str = "udp", profile: str = "visca-camera-tracking", **options: Any
) -> None:
    """Let a scene run with a camera and its driver."""

    async def run() -> None:
        async with asyncio.timeout(20), ViscaCamera() as camera:
            port = camera.udp_port if kind == "udp" else camera.port
            async with connected(device(profile, port, kind=kind, **options)) as driver:
                await scene(camera, driver)

    asyncio.run(run())
