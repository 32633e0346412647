"""Starts and kills the network camera of `rtsp_camera.py`."""

import re
from pathlib import Path

from tests.servers.child import Child, Children
from tests.servers.ports import free_port, wait_until_open

SYSTEM_PYTHON = Path("/usr/bin/python3")


class RtspCamera:
    """A camera that may be killed and started again on the same port."""

    def __init__(
        self,
        children: Children,
        *,
        size: str = "640x360",
        rate: int = 15,
        flash: float = 2.0,
        background: str = "0xff000000",
        secret: tuple[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self.url = f"rtsp://127.0.0.1:{self.port}/camera"
        self._children = children
        self._argv = [
            SYSTEM_PYTHON, Path(__file__).with_name("rtsp_camera.py"),
            "--port", str(self.port), "--size", size, "--rate", str(rate), "--flash", str(flash),
            "--background", background,
        ]  # fmt: skip
        if secret:
            user, password = secret
            file = children.directory / f"camera-{self.port}.password"
            file.write_text(password)
            self._argv += ["--user", user, "--password-file", file]
        self._child: Child | None = None
        self.start()

    def start(self) -> None:
        """Switch it on; returns when it accepts clients."""
        self._child = self._children.start(self._argv, name=f"camera-{self.port}")
        self._child.wait_for("^serving rtsp://", 20)
        wait_until_open(self.port)

    def kill(self) -> None:
        """Pull its plug."""
        assert self._child
        self._child.kill()

    def flashes(self) -> list[float]:
        """When it flashed since it was last switched on, in monotonic seconds."""
        assert self._child
        return [float(at) for at in re.findall(r"^flash ([\d.]+)$", self._child.output(), re.M)]
