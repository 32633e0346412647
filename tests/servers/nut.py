"""A real NUT server (Debian's upsd) with the dummy supply that comes with it."""

import getpass
import time
from pathlib import Path

from tests.servers.child import Children
from tests.servers.ports import free_port, wait_until_open

PROGRAMS = Path("/lib/nut")
USER, PASSWORD = "lectern", "a quiet \\ word"


class Nut:
    """One server on the loopback with the supply `ups`; `set` changes what it tells.

    `directory` must be short: sockets are made in it.
    """

    def __init__(self, children: Children, directory: Path) -> None:
        self.port = free_port()
        self._table = directory / "ups.dev"
        quoted = '"' + PASSWORD.replace("\\", "\\\\") + '"'
        files = {
            "ups.conf": "pollinterval = 1\n[ups]\n driver = dummy-ups\n port = ups.dev\n",
            "upsd.conf": f"LISTEN 127.0.0.1 {self.port}\n",
            "upsd.users": f"[{USER}]\n password = {quoted}\n instcmds = ALL\n",
        }
        for name, text in files.items():
            (directory / name).write_text(text)
            (directory / name).chmod(0o600)
        self.set({"ups.status": "OL", "battery.charge": "97", "ups.model": "Dummy"})
        names = ("NUT_CONFPATH", "NUT_STATEPATH", "NUT_ALTPIDPATH", "NUT_PIDPATH")
        env = {name: str(directory) for name in names}
        user = ["-F", "-u", getpass.getuser()]
        children.start([PROGRAMS / "dummy-ups", *user, "-a", "ups"], name="dummy-ups", env=env)
        _wait_for(directory / "dummy-ups-ups")
        children.start([PROGRAMS / "upsd", *user], name="upsd", env=env)
        wait_until_open(self.port)

    def set(self, variables: dict[str, str]) -> None:
        """Let the supply tell this from its next look on, which is within a second or two."""
        self._table.write_text("".join(f"{key}: {value}\n" for key, value in variables.items()))


def _wait_for(socket: Path, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not socket.exists():
        assert time.monotonic() < until, f"the supply never opened {socket}"
        time.sleep(0.02)
