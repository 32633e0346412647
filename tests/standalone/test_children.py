"""The broker's child: started again when it dies, gone with us, honest when it cannot start."""

import asyncio
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from standalone.children import BrokerChild, free_port, is_taken
from standalone.errors import Failed
from tests.servers.certificates import Authority
from tests.servers.child import Children
from tests.servers.mosquitto import tls_config
from tests.servers.ports import free_port as port_for_tests

Configured = tuple[Path, int]


@pytest.fixture
def config(tmp_path: Path, authority: Authority) -> Configured:
    port = port_for_tests()
    return tls_config(tmp_path, authority, port), port


def _broker_pid() -> int:
    (child,) = [one for one in psutil.Process().children() if one.name() == "mosquitto"]
    return child.pid


def test_it_is_started_again_when_it_dies(config: Configured, tmp_path: Path) -> None:
    async def story() -> tuple[int, int]:
        ready = asyncio.Event()
        broker = BrokerChild(*config, tmp_path / "log")
        task = asyncio.get_running_loop().create_task(broker.run(ready))
        await asyncio.wait_for(ready.wait(), 10)
        first = _broker_pid()
        psutil.Process(first).kill()
        ready.clear()
        await asyncio.wait_for(ready.wait(), 10)
        second = _broker_pid()
        task.cancel()
        await asyncio.wait([task])
        return first, second

    first, second = asyncio.run(story())
    assert first != second
    assert not psutil.pid_exists(second)
    assert not is_taken(config[1])


def test_what_it_says_when_it_cannot_start_is_in_the_log(tmp_path: Path) -> None:
    wrong = tmp_path / "mosquitto.conf"
    wrong.write_text("listener nonsense\n")
    broker = BrokerChild(wrong, port_for_tests(), tmp_path / "log")

    with pytest.raises(Failed, match=str(tmp_path / "log")):
        asyncio.run(broker.run(asyncio.Event()))
    assert "Error" in (tmp_path / "log").read_text()


def test_it_dies_with_a_parent_that_is_killed(
    config: Configured, tmp_path: Path, children: Children
) -> None:
    run = (
        "import asyncio, sys, pathlib\n"
        "from standalone.children import BrokerChild\n"
        "config, port, log = sys.argv[1:]\n"
        "child = BrokerChild(pathlib.Path(config), int(port), pathlib.Path(log))\n"
        "asyncio.run(child.run(asyncio.Event()))\n"
    )
    path, port = config
    parent = children.start([sys.executable, "-c", run, path, str(port), tmp_path / "log"])
    _until(lambda: is_taken(port))
    parent.kill()

    _until(lambda: not is_taken(port))


def test_a_taken_port_is_left_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = holder.getsockname()[1]
        other = free_port(taken)

        assert other != taken
        assert not is_taken(other)
    assert free_port(taken) == taken


def test_a_port_that_another_one_is_about_to_take_is_left_to_it(children: Children) -> None:
    wanted = port_for_tests()
    choose = f"from standalone.children import free_port; print(free_port({wanted}), flush=True)"
    other = children.start([sys.executable, "-c", choose + "; import time; time.sleep(60)"])
    other.wait_for(f"^{wanted}$")

    assert free_port(wanted) != wanted
    other.kill()
    assert free_port(wanted) == wanted


def _until(condition: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.05)
