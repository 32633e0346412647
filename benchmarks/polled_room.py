"""Twelve pretend devices in a process of their own: `python -m benchmarks.polled_room`.

Says which profile listens on which port, as JSON on a line, and ends with its standard input.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

from simulator.classroom import PASSWORD
from simulator.onvif_camera import OnvifCamera
from simulator.panel import AabbccPanel, MaxhubPanel
from simulator.projector import Projector
from simulator.sicp import SicpDisplay
from simulator.switcher import Switcher
from simulator.tcp_device import TcpDevice
from simulator.ups import Ups
from simulator.visca_camera import ViscaCamera


def _projector() -> Projector:
    projector = Projector(password=PASSWORD, warm_up=0.0)
    projector.switch(on=True)
    return projector


DEVICES: Final[tuple[tuple[str, int, Callable[[], TcpDevice]], ...]] = (
    ("pjlink-class-2", 2, _projector),
    ("maxhub-ifp-v6", 2, MaxhubPanel),
    ("oem-ifp-aabbcc", 2, AabbccPanel),
    ("philips-sicp", 1, SicpDisplay),
    ("extron-sis", 1, lambda: Switcher(password=PASSWORD)),
    ("visca-camera", 2, ViscaCamera),
    ("onvif-camera", 1, lambda: OnvifCamera(password=PASSWORD)),
    ("ups-nut", 1, lambda: Ups(password=PASSWORD)),
)
"""Profile, how many, and what pretends to be one. All are on."""


async def _serve() -> None:
    async with AsyncExitStack() as room:
        told: list[tuple[str, int]] = []
        for profile, count, make in DEVICES:
            for _ in range(count):
                device = await room.enter_async_context(make())
                port = device.udp_port if isinstance(device, ViscaCamera) else device.port
                told.append((profile, port))
        print(json.dumps(told), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
