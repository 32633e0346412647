"""Loopback ports nobody listens on."""

import socket
import time


def free_port() -> int:
    """A TCP port that was free a moment ago.

    Below the kernel's ephemeral range, so that an outgoing connection does not take it while a
    server that was killed is being started again on it.
    """
    for _ in range(100):
        port = 10_000 + time.monotonic_ns() // 1000 % 20_000
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port between 10000 and 30000")


def wait_until_open(port: int, seconds: float = 10, host: str = "127.0.0.1") -> None:
    """Return as soon as something accepts connections on `port`; fail the test otherwise."""
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((host, port), 1).close()
        except OSError as error:
            if time.monotonic() > until:
                raise AssertionError(f"nothing listens on {host}:{port}: {error}") from None
            time.sleep(0.02)
        else:
            return
