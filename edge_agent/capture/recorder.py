"""The recorder: ffmpeg children, one a source, behind the port of the same name."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from edge_agent.capture.encoders import SOFTWARE, chosen
from edge_agent.capture.keeper import Keeper
from edge_agent.capture.recovery import recover
from edge_agent.capture.run import Orders
from edge_agent.capture.settings import CaptureSettings
from edge_agent.capture.track import Track
from edge_agent.capture.watch import FfmpegWatch
from edge_agent.ports.recorder import ClosedSegment, RecorderEvent, TakeOrder

log = logging.getLogger(__name__)


class FfmpegRecorder:
    """Implements `ports.recorder.Recorder`.

    Args:
        settings: how it records.
        watch: lets go of the sources for a take, and sees and hears what its children do.

    Raises (from `start`):
        BadConfiguration: the encoder that was set does not work here.
        RuntimeError: a take is running.
    """

    def __init__(
        self, settings: CaptureSettings | None = None, watch: FfmpegWatch | None = None
    ) -> None:
        self._settings = settings or CaptureSettings()
        self._watch = watch
        self._events: asyncio.Queue[RecorderEvent | None] = asyncio.Queue()
        self._keeper: Keeper | None = None
        self._tracks: list[Track] = []

    async def start(self, order: TakeOrder) -> None:
        """See the port."""
        if self._keeper is not None:
            raise RuntimeError("a take is running; stop it first")
        events = self._events = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def emit(event: RecorderEvent) -> None:
            loop.call_soon_threadsafe(events.put_nowait, event)

        await asyncio.to_thread(self._start, order, emit)

    async def stop(self) -> None:
        """See the port. Does nothing when no take is running."""
        if self._keeper is None:
            return
        await asyncio.to_thread(self._stop)
        self._events.put_nowait(None)

    async def events(self) -> AsyncIterator[RecorderEvent]:
        """See the port. For one reader; of the take that was started last."""
        events = self._events
        while (event := await events.get()) is not None:
            yield event
        events.put_nowait(None)

    async def recover(self, directory: Path) -> Sequence[ClosedSegment]:
        """See the port."""
        return await asyncio.to_thread(recover, directory, self._settings.ffmpeg)

    def _start(self, order: TakeOrder, emit: Callable[[RecorderEvent], None]) -> None:
        encoded = any(not source.copy and not source.is_audio for source in order.sources)
        settings = self._settings
        encoder = chosen(settings.encoder, settings.ffmpeg) if encoded else SOFTWARE
        keeper = Keeper(order.directory, settings, emit)
        watch = self._watch
        orders = [
            Orders(source, order, settings, encoder, keeper, watch) for source in order.sources
        ]
        self._tracks = [Track(each, emit) for each in orders]
        self._keeper = keeper
        if watch is not None:
            watch.claim(order)
        for track in self._tracks:
            track.start()

    def _stop(self) -> None:
        # Side by side, so that the tracks end together and a stuck child delays none.
        with ThreadPoolExecutor(max(1, len(self._tracks))) as stopping:
            list(stopping.map(Track.stop, self._tracks))
        self._tracks = []
        keeper, self._keeper = self._keeper, None
        if self._watch is not None:
            self._watch.release()
        if keeper is not None:
            keeper.end()
