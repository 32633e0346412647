"""The hardware of one pretend classroom, listening on free ports of the loopback.

A PJLink projector with a password, a MAXHUB panel on a serial line, a VISCA camera that follows the
teacher, an ONVIF camera on the students, and a UPS that feeds the projector.
"""

import os
import tty
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from simulator.onvif_camera import OnvifCamera
from simulator.panel import MaxhubPanel
from simulator.projector import Projector
from simulator.ups import Ups
from simulator.visca_camera import ViscaCamera

PASSWORD = "simulated"  # noqa: S105 - of devices that do not exist
ROOM, WALL = (0.0, 0.0, 0.2), (0.9, -0.4, 0.0)
"""Where a camera looks that faces the room, and one that faces the wall."""


class Classroom:
    """`async with` it, and its devices can be spoken to.

    Attributes:
        panel_line: the serial port the panel is at.

    Args:
        warm_up: seconds the projector takes to warm up.
        cool_down: seconds it takes to cool down.
    """

    def __init__(self, *, warm_up: float = 8.0, cool_down: float = 8.0) -> None:
        self.projector = Projector(password=PASSWORD, warm_up=warm_up, cool_down=cool_down)
        ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.panel_line = os.ttyname(self._theirs)
        self.panel = MaxhubPanel(line=ours, on=False)
        self.camera = ViscaCamera()
        self.students = OnvifCamera(password=PASSWORD)
        self.ups = Ups(password=PASSWORD, drain=0.5)
        self.ups.on_cut.append(self.projector.cut_mains)
        self.camera.body.head.presets = {1: ROOM, 9: WALL}
        self.students.body.presets = {"1": ("Room", ROOM), "2": ("Wall", WALL)}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for device in (self.projector, self.panel, self.camera, self.students, self.ups):
            await self._open.enter_async_context(device)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._open.__aexit__(kind, error, trace)
        os.close(self._theirs)

    @property
    def cameras_face_the_wall(self) -> bool:
        """Whether neither camera looks into the room."""
        return _at(self.camera.body.head.position, WALL) and _at(
            self.students.body.head.position, WALL
        )

    @property
    def cameras_face_the_room(self) -> bool:
        """Whether both cameras look into the room."""
        return _at(self.camera.body.head.position, ROOM) and _at(
            self.students.body.head.position, ROOM
        )


def _at(position: tuple[float, float, float], place: tuple[float, float, float]) -> bool:
    return all(abs(here - there) < 0.01 for here, there in zip(position, place, strict=True))
