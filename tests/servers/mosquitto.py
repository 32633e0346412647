"""A real Mosquitto: TLS with client certificates on a free loopback port, or any configuration."""

import os
import shutil
import signal
from pathlib import Path

from tests.servers.certificates import Authority
from tests.servers.child import Child, Children
from tests.servers.ports import wait_until_open


class Broker:
    """One Mosquitto with one configuration; it may be killed and started again, same port."""

    def __init__(self, children: Children, config: Path, port: int) -> None:
        self.config = config
        self.port = port
        self.host = "127.0.0.1"
        self._children = children
        self._name = f"mosquitto-{port}"
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        assert self._child is not None, "start() was not called"
        return self._child

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "mosquitto is not installed: `make setup` installs it"
        self._child = self._children.start(
            [program, "-c", self.config], name=self._name, cwd=self.config.parent
        )
        self._child.wait_for(r"mosquitto version \S+ running")
        wait_until_open(self.port)

    def kill(self) -> None:
        """`kill -9`."""
        self.child.kill()

    def stop(self) -> None:
        """End it as an operator would."""
        self.child.stop()

    def reload(self) -> None:
        """Have it read its configuration, ACL and revocation list again (SIGHUP)."""
        self.child.process.send_signal(signal.SIGHUP)

    def log(self) -> str:
        """Everything it has said, over all its starts."""
        return self.child.log.read_text()


def tls_config(directory: Path, authority: Authority, port: int) -> Path:
    """Write a configuration: client certificates required, CN is the user, one pattern ACL."""
    server = authority.server()
    acl = directory / "acl"
    acl.write_text(
        "user fleet\ntopic readwrite lectern/v1/#\n\npattern readwrite lectern/v1/%u/#\n"
        "pattern read lectern/v1/fleet/state\n"
    )
    config = directory / "mosquitto.conf"
    config.write_text(
        f"""\
user {"root" if os.geteuid() == 0 else ""}
per_listener_settings false
persistence false
log_type all
log_dest stderr
connection_messages true
acl_file {acl}
allow_anonymous false
listener {port} 127.0.0.1
cafile {authority.ca}
certfile {server.certificate}
keyfile {server.key}
crlfile {authority.revocations()}
require_certificate true
use_identity_as_username true
set_tcp_nodelay true
""".replace("user \n", "")
    )
    return config
