"""Where the side stream of one source comes in and is measured."""

import socket
from collections.abc import Iterator
from typing import Final

from edge_agent.capture.picture import PictureMeter, decoded
from edge_agent.capture.slides import SlideWatcher
from edge_agent.capture.sound import SoundMeter
from edge_agent.ports.watch import Heard, Observation, Seen, Signal, Turned
from edge_agent.room.model import Source

QUIET_SECONDS: Final = 1.0
"""A source that has given something and then nothing for so long gives nothing."""

OPENING_SECONDS: Final = 8.0
MOST_AT_ONCE: Final = 200
_LARGEST: Final = 65535


class Inlet:
    """The socket of one source, bound for as long as the agent runs, and its meters.

    For one thread, but for `aim`.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self.pictures = PictureMeter(judged=source.kind == "camera")
        self._sound = SoundMeter()
        self._slides = SlideWatcher()
        self._take: tuple[str, float] | None = None
        self._opened_at = 0.0
        self._last: float | None = None
        self._present: bool | None = None

    def restart(self, now: float, take: tuple[str, float] | None) -> None:
        """The source is opened anew; `take` and when it began, if a take is made of it."""
        list(self._datagrams())
        self.pictures.forget()
        self._sound, self._slides = SoundMeter(), SlideWatcher()
        self._take = take
        self._opened_at, self._last, self._present = now, None, None

    def drain(self, now: float) -> list[Observation]:
        """What came since the last look, measured."""
        datagrams = list(self._datagrams())
        if datagrams:
            self._last = now
        found = self._heard(datagrams, now) if self.source.is_audio else self._seen(datagrams, now)
        present = self._is_present(now)
        if present is not None and present != self._present:
            self._present = present
            found.append(Signal(self.source.track, now, present))
        return found

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def _datagrams(self) -> Iterator[bytes]:
        for _ in range(MOST_AT_ONCE):
            try:
                data, (host, _port) = self._socket.recvfrom(_LARGEST)
            except OSError:  # nothing more; on Windows also that a sender is gone
                return
            if host == "127.0.0.1":
                yield data

    def _is_present(self, now: float) -> bool | None:
        if self._last is None:
            return False if now - self._opened_at > OPENING_SECONDS else None
        return now - self._last <= QUIET_SECONDS

    def _heard(self, datagrams: list[bytes], now: float) -> list[Observation]:
        track = self.source.track
        return [
            Heard(track, now, tenth.rms, tenth.peak, tenth.hearing)
            for tenth in self._sound.measure(datagrams)
        ]

    def _seen(self, datagrams: list[bytes], now: float) -> list[Observation]:
        found: list[Observation] = []
        for jpeg in datagrams:
            grey = decoded(jpeg)
            if grey is None:
                continue
            found.append(Seen(self.source.track, now, jpeg, self.pictures.measure(grey, now)))
            if self._take is None or self.source.kind != "screen":
                continue
            since = self._slides.turned(grey, now)
            if since is not None:
                take, began = self._take
                into = max(0.0, since - began - self.source.latency)
                found.append(Turned(take, self.source.track, into))
        return found
