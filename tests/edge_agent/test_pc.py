import socket
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from edge_agent import pc


def test_facts_of_this_pc() -> None:
    assert pc.boot_id() == pc.boot_id() != ""
    assert pc.hostname()
    assert pc.system()
    assert pc.cpu_count() >= 1
    assert pc.memory_bytes() > 100 << 20
    assert pc.temperature() is None or -50 < pc.temperature() < 150


def test_the_clock_since_boot_goes_on_and_counts_at_least_what_monotonic_does() -> None:
    before, monotonic = pc.since_boot(), time.monotonic()
    time.sleep(0.05)

    assert pc.since_boot() - before >= 0.05
    assert pc.since_boot() >= monotonic


def card(address: str, family: int = psutil.AF_LINK) -> SimpleNamespace:
    return SimpleNamespace(family=family, address=address)


INTERFACES = {
    "lo": [card("00:00:00:00:00:00")],
    "enp3s0": [card("192.0.2.7", socket.AF_INET), card("00:1B:21:AA:BB:CC")],
    "wlp2s0": [card("00:1b:21:00:00:01")],
    "docker0": [card("02:42:ac:11:00:02")],
    "tun0": [card("")],
}


def test_cards_that_are_fitted_have_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in INTERFACES:
        (tmp_path / name).mkdir()
    for fitted in ("enp3s0", "wlp2s0"):
        (tmp_path / fitted / "device").mkdir()
    monkeypatch.setattr(pc, "_INTERFACES", tmp_path)
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: INTERFACES)

    assert pc.macs() == ("00:1b:21:00:00:01", "00:1b:21:aa:bb:cc")


def test_windows_has_other_names_and_writes_addresses_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pc, "_INTERFACES", tmp_path / "none")
    found = {
        "Ethernet": [card("00-1B-21-AA-BB-CC")],
        "vEthernet (Default Switch)": [card("00-15-5D-00-00-01")],
        "Loopback Pseudo-Interface 1": [],
        "Local Area Connection* 1": [card("02-1B-21-AA-BB-CC")],
    }
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: found)

    assert pc.macs() == ("00:1b:21:aa:bb:cc",)


def test_those_of_this_pc_are_addresses() -> None:
    assert all(len(mac) == 17 and mac == mac.lower() for mac in pc.macs())
