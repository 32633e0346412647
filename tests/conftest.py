"""Real servers and devices for tests, each on free ports of the loopback, gone at the end."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.devices.pulse import Pulse
from tests.devices.rtsp import SYSTEM_PYTHON, RtspCamera
from tests.devices.slides import Slides
from tests.devices.xvfb import Xvfb
from tests.servers import lossy_link as line
from tests.servers import mosquitto as mosquitto_server
from tests.servers import postgresql as postgresql_server
from tests.servers.certificates import Authority
from tests.servers.child import Children
from tests.servers.ports import free_port
from tests.servers.tcp_proxy import TcpProxy

# A busy machine is slow, not wrong.
settings.register_profile("lectern", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lectern")


def _need(*programs: str) -> None:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    if missing := [name for name in programs if not shutil.which(name, path=path)]:
        pytest.skip(f"not installed: {', '.join(missing)} (`make setup-test` installs them)")


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str, str], None]:
    """`figure("lost before the kill", "0.4 s")` shows a measured figure when the run ends."""
    return lambda what, value: record_property("figure", f"{what}: {value}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures = [
        (report.nodeid.rpartition("::")[2], text)
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, text in report.user_properties
        if name == "figure"
    ]
    if figures:
        terminalreporter.section("figures")
        for test, text in figures:
            terminalreporter.write_line(f"{test}: {text}")


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    """Starts programs; at the end stops them and fails the test if anything outlives its parent."""
    directory = tmp_path / "children"
    directory.mkdir()
    started = Children(directory)
    yield started
    started.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A throwaway certificate authority."""
    return Authority(tmp_path / "authority")


@pytest.fixture
def mosquitto(
    children: Children, authority: Authority, tmp_path: Path
) -> Callable[..., mosquitto_server.Broker]:
    """`mosquitto()` starts a broker: TLS, client certificates of `authority`, CN is the user.

    `mosquitto(config, port)` starts one with a configuration that listens on `port`.
    """
    _need("mosquitto")

    def start(config: Path | None = None, port: int | None = None) -> mosquitto_server.Broker:
        if config is None:
            port = port or free_port()
            directory = tmp_path / f"mosquitto-{port}"
            directory.mkdir(exist_ok=True)
            config = mosquitto_server.tls_config(directory, authority, port)
        assert port, "a configuration of your own needs its port"
        broker = mosquitto_server.Broker(children, config, port)
        broker.start()
        return broker

    return start


@pytest.fixture
def tcp_proxy() -> Iterator[Callable[..., TcpProxy]]:
    """`tcp_proxy((host, port))` relays a free loopback port there; see `TcpProxy`."""
    opened: list[TcpProxy] = []

    def start(target: tuple[str, int], *, port: int = 0) -> TcpProxy:
        opened.append(TcpProxy(target, port=port))
        return opened[-1]

    yield start
    for proxy in opened:
        proxy.close()


@pytest.fixture
def lossy_link() -> Iterator[Callable[..., line.LossyLink]]:
    """`lossy_link(delay=…, loss=…, bits_per_second=…)`; see `LossyLink`. Needs root."""
    opened: list[line.LossyLink] = []

    def start(**qualities: float) -> line.LossyLink:
        try:
            opened.append(line.LossyLink(**qualities))
        except line.Missing as missing:
            pytest.skip(f"a lossy link needs {missing}")
        return opened[-1]

    yield start
    for link in opened:
        link.close()


@pytest.fixture
def postgresql(children: Children) -> Iterator[postgresql_server.PostgreSql]:
    """An empty PostgreSQL cluster of the test's own."""
    with tempfile.TemporaryDirectory(prefix="lectern-") as directory:
        try:
            yield postgresql_server.PostgreSql(children, Path(directory))
        except postgresql_server.Missing as missing:
            pytest.skip(f"needs {missing}")
        finally:
            children.close()


@pytest.fixture
def xvfb(children: Children) -> Xvfb:
    """A display of 640 by 360."""
    _need("Xvfb")
    return Xvfb(children)


@pytest.fixture
def pulse(children: Children) -> Iterator[Pulse]:
    """A PulseAudio server; what `pulse.play` plays, `pulse.microphone` hears."""
    _need("pulseaudio", "pactl", "paplay")
    # Not tmp_path: a unix socket's path holds 107 bytes.
    with tempfile.TemporaryDirectory(prefix="lectern-", ignore_cleanup_errors=True) as directory:
        yield Pulse(children, Path(directory))


@pytest.fixture
def rtsp_camera(children: Children) -> Callable[..., RtspCamera]:
    """`rtsp_camera(size=…, rate=…, flash=…, secret=…)` switches a network camera on."""
    probe = "import gi; gi.require_version('GstRtspServer', '1.0')"
    if subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True).returncode:
        pytest.skip("not installed: python3-gi, gir1.2-gst-rtsp-server-1.0 (see `make setup-test`)")
    return lambda **options: RtspCamera(children, **options)


@pytest.fixture
def slides(children: Children, xvfb: Xvfb, tmp_path: Path) -> Callable[..., Slides]:
    """`slides(seconds=4)` starts a slide deck on `xvfb`; `.shown()` says when each page came."""
    _need("ffmpeg")
    return lambda seconds=4.0: Slides(children, xvfb, tmp_path, seconds)
