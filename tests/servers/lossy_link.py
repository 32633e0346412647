"""A bad line made of real TCP: two TUN devices, one in a network namespace of its own.

The kernel's netem is not in every kernel. Here packets pass through this process, which delays
and drops them at IP level, so that TCP retransmits and slows down as it does on a real line.
Neither side under test needs to know: `LossyLink.proxy(target)` listens on loopback, crosses the
line, and comes out on loopback again.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import shutil
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

from tests.servers.tcp_proxy import TcpProxy

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001
CLONE_NEWNET = 0x40000000


class Missing(Exception):
    """What this machine lacks for a lossy link."""


class LossyLink:
    """A line with a delay, a loss and a rate in each direction.

    Args:
        delay: seconds one way.
        loss: share of packets dropped, 0 to 1.
        bits_per_second: rate of each direction; a queue of half a second, then packets drop.

    Raises:
        Missing: no root, no /dev/net/tun or no `ip`.
    """

    def __init__(
        self, *, delay: float = 0.05, loss: float = 0.01, bits_per_second: float = 1e6
    ) -> None:
        self.delay = delay
        self.loss = loss
        self.bits_per_second = bits_per_second
        self.carried = 0
        self.dropped = 0
        if os.geteuid() != 0:
            raise Missing("root, to make a network namespace")
        if not shutil.which("ip"):
            raise Missing("the program `ip` (package iproute2)")
        number = os.getpid() % 250 + 1
        self.namespace = f"lectern{os.getpid()}"
        self.near, self.far = f"10.79.{number}.1", f"10.79.{number}.2"
        names = (f"lna{number}", f"lnb{number}")
        try:
            self._devices = tuple(_tun(name) for name in names)
            _ip("netns", "add", self.namespace)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Missing(
                f"the right to make TUN devices and network namespaces: {error}"
            ) from None
        inside = ("-n", self.namespace)
        _ip("link", "set", names[1], "netns", self.namespace)
        _ip("addr", "add", self.near, "peer", self.far, "dev", names[0])
        _ip("link", "set", names[0], "up")
        _ip(*inside, "addr", "add", self.far, "peer", self.near, "dev", names[1])
        _ip(*inside, "link", "set", names[1], "up")
        self._random = random.Random(1)  # noqa: S311 - repeatable, not secret
        self._proxies: list[TcpProxy] = []
        self._end, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._carry, name="lossy-link", daemon=True)
        self._thread.start()

    def proxy(self, target: tuple[str, int]) -> TcpProxy:
        """A loopback port whose connections cross the line to `target`."""
        exit_side = TcpProxy(target, host=self.near)
        entry = TcpProxy((self.near, exit_side.port), connect=self._connect_from_afar)
        self._proxies += [exit_side, entry]
        return entry

    def close(self) -> None:
        """Take the line down."""
        for proxy in self._proxies:
            proxy.close()
        os.write(self._wake, b"x")
        self._thread.join()
        for descriptor in (*self._devices, self._end, self._wake):
            os.close(descriptor)
        _ip("netns", "del", self.namespace)

    def _connect_from_afar(self, target: tuple[str, int]) -> socket.socket:
        # setns moves only the calling thread, and each connection has one of its own. Back it
        # goes, all the same: a socket keeps the namespace it was made in.
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        away = os.open(f"/run/netns/{self.namespace}", os.O_RDONLY)
        try:
            _setns(away)
            try:
                return socket.create_connection(target, 20)
            finally:
                _setns(home)
        finally:
            os.close(home)
            os.close(away)

    def _carry(self) -> None:
        a, b = self._devices
        other = {a: b, b: a}
        free_at = {a: 0.0, b: 0.0}
        waiting: list[tuple[float, int, int, bytes]] = []
        while True:
            patience = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            ready, _, _ = select.select([a, b, self._end], [], [], patience)
            if self._end in ready:
                return
            now = time.monotonic()
            for source in ready:
                packet = os.read(source, 65_535)
                start = max(now, free_at[source])
                if self._random.random() < self.loss or start - now > 0.5:
                    self.dropped += 1
                    continue
                self.carried += 1
                free_at[source] = start + len(packet) * 8 / self.bits_per_second
                due = free_at[source] + self.delay
                heapq.heappush(waiting, (due, self.carried, other[source], packet))
            while waiting and waiting[0][0] <= now:
                _, _, sink, packet = heapq.heappop(waiting)
                os.write(sink, packet)


def _tun(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_NO_PI))
    return device


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=10)


def _setns(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(Path("/proc/self/ns/net")))
