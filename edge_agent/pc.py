"""Facts about the PC the agent runs on."""

import os
import platform
import socket
import sys
import time
from pathlib import Path

import psutil

_INTERFACES = Path("/sys/class/net")
_NO_ADDRESS = ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff")
_VIRTUAL = (
    "loopback", "vethernet", "virtual", "vmware", "vmnet", "bluetooth", "isatap", "teredo",
    "tap", "tun", "wireguard", "tailscale", "zerotier", "docker", "*",
)  # fmt: skip
"""Parts of the names that Windows gives interfaces without a card."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """The same until the PC boots again."""
    if _BOOT_ID.exists():
        return _BOOT_ID.read_text(encoding="ascii").strip()
    return str(round(psutil.boot_time() / 60))


def since_boot() -> float:
    """Seconds since the PC booted, sleep included; no one can set this clock."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def hostname() -> str:
    """The PC's own name."""
    return socket.gethostname()


def system() -> str:
    """Name and version of the operating system."""
    if sys.platform == "linux":
        try:
            return platform.freedesktop_os_release()["PRETTY_NAME"]
        except (OSError, KeyError):
            return f"Linux {platform.release()}"
    return f"{platform.system()} {platform.release()}"


def cpu_count() -> int:
    """Logical processors."""
    return os.cpu_count() or 1


def memory_bytes() -> int:
    """Memory that is fitted."""
    return int(psutil.virtual_memory().total)


def macs() -> tuple[str, ...]:
    """Addresses of the network cards that are fitted, `aa:bb:cc:dd:ee:ff`, in order."""
    found = {
        mac
        for name, addresses in psutil.net_if_addrs().items()
        if not _is_virtual(name)
        for address in addresses
        if address.family == psutil.AF_LINK and _is_address(mac := _as_mac(address.address))
    }
    return tuple(sorted(found))


def _as_mac(address: str) -> str:
    return address.replace("-", ":").lower()


def _is_address(mac: str) -> bool:
    return len(mac) == len("00:00:00:00:00:00") and mac not in _NO_ADDRESS


def _is_virtual(name: str) -> bool:
    """Whether an interface is a loopback, a bridge, a tunnel or a virtual machine's."""
    if _INTERFACES.exists():
        return not (_INTERFACES / name / "device").exists()
    return any(word in name.lower() for word in _VIRTUAL)


def temperature() -> float | None:
    """The hottest processor sensor in °C, or None where there is none (Windows, most VMs)."""
    read = getattr(psutil, "sensors_temperatures", None)
    sensors = read() if read else {}
    values = [entry.current for entries in sensors.values() for entry in entries]
    return max((float(value) for value in values if value), default=None)
