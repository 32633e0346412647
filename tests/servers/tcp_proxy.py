"""A TCP relay that can be cut, slowed down or made to break connections at random."""

import random
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress

Pair = tuple[socket.socket, socket.socket]
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class TcpProxy:
    """Relays `host:port` to `target`; counts the bytes of each direction.

    Attributes:
        bytes_per_second: limit of each direction of all connections together, None for none.
        resets_per_megabyte: how often, on average, a connection is reset while data flows.
        up: bytes carried to the target.
        down: bytes carried back.
        connections: how many were accepted.
        cuts: how many were broken on purpose.
    """

    def __init__(
        self,
        target: tuple[str, int],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        connect: Callable[[tuple[str, int]], socket.socket] | None = None,
        seed: int = 1,
    ) -> None:
        self.target = target
        self.bytes_per_second: float | None = None
        self.resets_per_megabyte = 0.0
        self.up = 0
        self.down = 0
        self.connections = 0
        self.cuts = 0
        self._connect = connect or (lambda target: socket.create_connection(target, 5))
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._lock = threading.Lock()
        self._open: set[Pair] = set()
        self._free_at = {"up": 0.0, "down": 0.0}
        self._refusing = False
        self._listener = socket.create_server((host, port))
        self.host = host
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="tcp-proxy", daemon=True).start()

    def cut(self) -> None:
        """Break every connection and refuse new ones until `restore`."""
        self._refusing = True
        with self._lock:
            pairs = list(self._open)
        for pair in pairs:
            self._break(pair)

    def restore(self) -> None:
        """Let connections through again."""
        self._refusing = False

    def close(self) -> None:
        """Stop listening and break what is open."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:  # closed
                return
            self.connections += 1
            if self._refusing:
                _reset(near)
            else:
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        try:
            far = self._connect(self.target)
        except OSError:
            _reset(near)
            return
        pair = (near, far)
        for end in pair:
            end.settimeout(None)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open.add(pair)
        if self._refusing:  # cut while connecting
            self._break(pair)
            return
        back = threading.Thread(target=self._relay, args=("down", far, near, pair), daemon=True)
        back.start()
        self._relay("up", near, far, pair)
        back.join()
        with self._lock:
            self._open.discard(pair)
        for end in pair:
            end.close()

    def _relay(self, way: str, source: socket.socket, sink: socket.socket, pair: Pair) -> None:
        try:
            while data := source.recv(16_384):
                self._pace(way, len(data))
                if self._random.random() < len(data) / 1e6 * self.resets_per_megabyte:
                    self._break(pair)
                    return
                with self._lock:
                    if way == "up":
                        self.up += len(data)
                    else:
                        self.down += len(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            self._break(pair)

    def _pace(self, way: str, size: int) -> None:
        if self.bytes_per_second is None:
            return
        with self._lock:
            now = time.monotonic()
            start = max(now, self._free_at[way])
            self._free_at[way] = start + size / self.bytes_per_second
            delay = self._free_at[way] - now
        time.sleep(delay)

    def _break(self, pair: Pair) -> None:
        with self._lock:
            if pair not in self._open:
                return
            self._open.discard(pair)
            self.cuts += 1
        for end in pair:
            _reset(end)


def _reset(end: socket.socket) -> None:
    """Close with RST instead of FIN and wake whoever reads from it."""
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        end.shutdown(socket.SHUT_RD)
    end.close()
