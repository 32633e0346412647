"""Facts about the PC the agent runs on."""

import os
import platform
import socket
import sys
import time
from pathlib import Path

import psutil

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


def temperature() -> float | None:
    """The hottest processor sensor in °C, or None where there is none (Windows, most VMs)."""
    read = getattr(psutil, "sensors_temperatures", None)
    sensors = read() if read else {}
    values = [entry.current for entries in sensors.values() for entry in entries]
    return max((float(value) for value in values if value), default=None)
