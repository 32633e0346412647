"""The agent put together: settings → objects → tasks. The only place that knows them all."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass

import msgspec

from contract.http import MAX_ORDER_FILE_BYTES
from contract.messages import Description
from edge_agent import pc, scenes
from edge_agent.capture import encoders
from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.capture.settings import CaptureSettings
from edge_agent.capture.still import Stills
from edge_agent.capture.thumbnail import shrunk
from edge_agent.capture.watch import FfmpegWatch
from edge_agent.drivers import this_pc
from edge_agent.drivers.wake import wake
from edge_agent.hardware import Hardware, Loops, Surroundings
from edge_agent.introduction import describe, next_session
from edge_agent.link.clock import FleetClock
from edge_agent.link.identity import IdentityStore
from edge_agent.link.mqtt import MqttUplink
from edge_agent.link.order_files import OrderFileSender
from edge_agent.link.renewal import CertificateRenewer
from edge_agent.link.token import TokenSigner
from edge_agent.link.upload import TusUploader
from edge_agent.logs import FOLDER
from edge_agent.loops import clock as clock_loop
from edge_agent.loops.bus import Bus
from edge_agent.loops.clock import ClockLoop
from edge_agent.loops.disk import DiskLoop
from edge_agent.loops.glimpses import GlimpseLoop
from edge_agent.loops.health import HealthLoop
from edge_agent.loops.lesson import LessonLoop
from edge_agent.loops.order_files import FileOrders
from edge_agent.loops.orders import Hands, OrdersLoop
from edge_agent.loops.outbox import OutboxLoop
from edge_agent.loops.renewal import RenewalLoop
from edge_agent.loops.restarts import Restarts
from edge_agent.loops.shadow import ShadowLoop
from edge_agent.loops.sight import Sight
from edge_agent.loops.signals import Connected
from edge_agent.loops.supervise import supervise
from edge_agent.loops.take import TakeMaker
from edge_agent.loops.timetable import TimetableLoop
from edge_agent.loops.unwatched import Unwatched
from edge_agent.loops.uploads import UploadsLoop
from edge_agent.loops.watching import WatchingLoop
from edge_agent.ports.recorder import Recorder
from edge_agent.ports.touch import Monitor
from edge_agent.room import watch_rules
from edge_agent.room.model import Device, Source
from edge_agent.room.scene import Scene
from edge_agent.room.scenes import OVER
from edge_agent.room.watch import lesson_bytes
from edge_agent.settings import RoomSettings
from edge_agent.storage import disk
from edge_agent.storage.alone import alone
from edge_agent.storage.log_bundle import bundle
from edge_agent.storage.recording_disk import RecordingDisk
from edge_agent.storage.sqlite_journal import Journal, open_journal
from edge_agent.storage.take_files import DiskTakeFiles

logger = logging.getLogger(__name__)

_FLUSH_SECONDS = 3.0
_LESSON_SECONDS = 3000.0
"""What counts as a lesson when the disk is measured in lessons."""


async def run(
    settings: RoomSettings,
    *,
    ready: asyncio.Event | None = None,
    recorder: Recorder | None = None,
) -> None:
    """Be the agent of a room until cancelled; by order of the fleet, begin anew.

    The same as `run_once`, for whoever has no service manager that starts it again.
    """
    while True:
        await run_once(settings, ready=ready, recorder=recorder)


async def run_once(
    settings: RoomSettings,
    *,
    ready: asyncio.Event | None = None,
    recorder: Recorder | None = None,
) -> None:
    """Be the agent of a room until cancelled, or until the fleet wants it started again.

    Then the running take is closed, the fleet told, and what it has not acknowledged kept.

    Args:
        settings: the room's configuration.
        ready: set when everything runs; the fleet may still be out of reach.
        recorder: instead of ffmpeg.

    Raises:
        NotEnrolled: there is no identity in the data directory.
        Refused: another agent runs on the data directory.
        BadConfiguration: a secret file, a profile or a scene cannot be used, or there is no such
            encoder.
    """
    data = settings.agent.data
    await asyncio.to_thread(data.mkdir, parents=True, exist_ok=True)
    with alone(data):
        await _run(settings, ready, recorder)


async def _run(
    settings: RoomSettings, ready: asyncio.Event | None, recorder: Recorder | None
) -> None:
    data = settings.agent.data
    overrides = settings.fleet.model_dump(exclude_none=True)
    store = IdentityStore(data, overrides)
    identity = await asyncio.to_thread(store.require)
    room_has = await asyncio.to_thread(_inventory, settings)
    clock = FleetClock()
    journal = await open_journal(
        data,
        agent=identity.agent,
        now=clock.now,
        telemetry_quota=settings.mqtt.telemetry_quota_bytes,
    )
    try:
        clock.restore(await journal.memory.get(clock_loop.KEY))
        signer = TokenSigner(store, clock.now)
        uploader = TusUploader(store, signer, settings.upload, clock)
        room = _Room(settings, room_has, journal, clock, store, signer, uploader)
        try:
            await room.run(recorder, ready)
        finally:
            await uploader.close()
    finally:
        await journal.close()


@dataclass(frozen=True, slots=True)
class _Inventory:
    sources: tuple[Source, ...]
    devices: tuple[Device, ...]
    scenes: dict[str, Scene]


def _inventory(settings: RoomSettings) -> _Inventory:
    own = settings.agent.scenes
    library = scenes.load((own,) if own else ())
    return _Inventory(settings.sources, settings.devices, library)


class _LeavingError(Exception):
    """The fleet wants the agent started again."""


class _Room:
    def __init__(
        self,
        settings: RoomSettings,
        inventory: _Inventory,
        journal: Journal,
        clock: FleetClock,
        store: IdentityStore,
        signer: TokenSigner,
        uploader: TusUploader,
    ) -> None:
        self._settings = settings
        self._sources = inventory.sources
        self._devices = inventory.devices
        self._scenes = inventory.scenes
        self._journal = journal
        self._clock = clock
        self._store = store
        self._signer = signer
        self._uploader = uploader
        self._bus = Bus()
        self._leave = asyncio.Event()

    async def run(self, recorder: Recorder | None, ready: asyncio.Event | None) -> None:
        journal, bus, clock = self._journal, self._bus, self._clock
        data = self._settings.agent.data
        shadow = ShadowLoop(journal.memory, journal.outbox, bus, _lacking(self._settings))
        uplink = MqttUplink(self._store, self._settings.mqtt)
        bus.on(Connected, lambda _: self._use_identity())
        line = await self._line(uplink, shadow)
        files = DiskTakeFiles(data / "takes")
        watch = None
        if recorder is None:
            capture = await _capture(self._settings, self._sources)
            watch = FfmpegWatch(self._sources, capture) if self._settings.watching.enabled else None
            recorder = FfmpegRecorder(capture, watch)
        maker = TakeMaker(
            journal.takes,
            journal.outbox,
            recorder,
            clock,
            self._sources,
            files,
            self._settings.recording.segment_seconds,
            pc.boot_id(),
            bus,
        )
        lesson = LessonLoop(journal.takes, journal.memory, journal.outbox, maker, bus, files)
        uploads = UploadsLoop(
            journal.deliveries, self._uploader, clock, bus, self._settings.upload.backoff_seconds
        )
        journal.outbox.listen(uploads.wake)
        recording_disk = self._disk()
        watching = self._watching(watch, recording_disk)
        monitor: Monitor = watching or Unwatched(clock)
        room_hardware = self._hardware(monitor)
        may_look = self._settings.watching.fleet_may_look
        watched = watching is not None
        sight = Sight(monitor, self._sources, self._devices, may_look, clock, bus, watched=watched)
        glimpses = GlimpseLoop(sight, shrunk, clock, bus)
        health = HealthLoop(
            journal.outbox,
            journal.deliveries,
            uplink,
            clock,
            bus,
            recording_disk,
            self._settings.agent.health_seconds,
            room_hardware.readings,
        )
        disk_watch = DiskLoop(
            journal.outbox,
            journal.deliveries,
            clock,
            bus,
            recording_disk,
            self._settings.recording.disk_seconds,
        )
        timetable = TimetableLoop(clock, bus, journal.outbox)
        await disk_watch.look()
        orders = OrdersLoop(journal.memory, journal.outbox, clock, bus, self._hands(sight))
        # Last: everybody who follows the timetable listens by now.
        await shadow.load()
        renewal = RenewalLoop(CertificateRenewer(self._store, self._signer, clock.now), clock, bus)
        line_loops: Loops = {"line": line.run, "uploads": uploads.run, "renewal": renewal.run}
        room_loops: Loops = {
            "lesson": lesson.run,
            "timetable": timetable.run,
            "shadow": shadow.run,
            "orders": orders.run,
            "disk": disk_watch.run,
            "clock": ClockLoop(clock, journal.memory, journal.outbox).run,
            "health": health.run,
            "glimpses": glimpses.run,
            **room_hardware.loops,
        }
        if watching is not None:
            room_loops["watching"] = watching.run
        try:
            async with asyncio.TaskGroup() as group:
                for name, loop in line_loops.items():
                    group.create_task(supervise(name, loop), name=name)
                try:
                    async with asyncio.TaskGroup() as inner:
                        for name, loop in room_loops.items():
                            inner.create_task(supervise(name, loop), name=name)
                        inner.create_task(self._until_asked_to_leave(), name="leave")
                        if ready is not None:
                            ready.set()
                        logger.info("the room is ready: %d sources", len(self._sources))
                finally:
                    if watch is not None:
                        await asyncio.to_thread(watch.end)
                    # The line outlives the room for a moment, to tell how the take ended.
                    await self._flush(line)
        except* _LeavingError:
            logger.info("the agent leaves, to be started again")

    async def _until_asked_to_leave(self) -> None:
        await self._leave.wait()
        raise _LeavingError

    async def _flush(self, line: OutboxLoop) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH_SECONDS):
                while line.connected and await self._journal.outbox.waiting():
                    await self._clock.sleep(0.05)

    def _use_identity(self) -> None:
        self._signer.reload()
        self._uploader.reload()

    def _watching(self, watch: FfmpegWatch | None, disk: RecordingDisk) -> WatchingLoop | None:
        if watch is None:
            return None
        capture = CaptureSettings()
        return WatchingLoop(
            watch,
            self._sources,
            self._devices,
            self._journal.outbox,
            self._clock,
            self._bus,
            disk,
            lesson_bytes=lesson_bytes(
                self._sources, _LESSON_SECONDS, capture.peak_kbits, capture.audio_kbits
            ),
            reserve_bytes=self._settings.recording.full_disk_bytes,
        )

    def _hardware(self, monitor: Monitor) -> Hardware:
        journal = self._journal
        here = Surroundings(
            journal.memory, journal.outbox, journal.deliveries, self._clock, self._bus
        )
        return Hardware(
            self._settings,
            self._devices,
            self._scenes,
            self._sources,
            watch_rules.of_room(self._sources),
            monitor,
            here,
        )

    def _hands(self, sight: Sight) -> Hands:
        settings, store = self._settings, self._store
        sender = OrderFileSender(
            store, self._signer, self._uploader.bandwidth, settings.upload.timeout_seconds
        )
        stills = Stills(settings.recording.ffmpeg)
        files = FileOrders(
            self._sources, sight, stills.take, self._logs, sender, self._clock, self._bus
        )
        boot = pc.boot_id()
        restarts = Restarts(self._journal.memory, boot, this_pc.restart, self._leave.set)
        return Hands(
            scenes=(*self._scenes, OVER),
            devices=self._devices,
            touch_page=settings.panel.enabled,
            files=files,
            restarts=restarts,
            wake=wake,
        )

    async def _logs(self) -> bytes:
        description = await self._described()
        return await asyncio.to_thread(
            bundle,
            self._settings.agent.data / FOLDER,
            {"room.json": msgspec.json.format(msgspec.json.encode(description)).decode()},
            self._settings.secrets,
            MAX_ORDER_FILE_BYTES,
        )

    async def _described(self) -> Description:
        data = self._settings.agent.data
        return await describe(self._journal.memory, data, self._sources, self._devices)

    def _disk(self) -> RecordingDisk:
        recording = self._settings.recording
        limits = disk.DiskLimits(low=recording.low_disk_bytes, full=recording.full_disk_bytes)
        return RecordingDisk(self._settings.agent.data, limits)

    async def _line(self, uplink: MqttUplink, shadow: ShadowLoop) -> OutboxLoop:
        memory = self._journal.memory
        description = await self._described()
        identity = await asyncio.to_thread(self._store.require)
        return OutboxLoop(
            uplink,
            self._journal.outbox,
            self._clock,
            self._bus,
            shadow,
            agent=identity.agent,
            session=await next_session(memory, self._clock),
            boot=pc.boot_id(),
            describe=lambda: description,
            settings=self._settings.mqtt,
        )


def _lacking(settings: RoomSettings) -> dict[str, str]:
    """Settings of the fleet's that mean nothing in a room like this."""
    return {} if settings.panel.enabled else {"language": "this room has no touch page"}


async def _capture(settings: RoomSettings, sources: tuple[Source, ...]) -> CaptureSettings:
    recording = settings.recording
    if any(not source.copy and not source.is_audio for source in sources):
        # Trying the encoders takes a second or two: now, not when the bell rings.
        with contextlib.suppress(OSError):  # no ffmpeg: said for each lesson that is missed
            await asyncio.to_thread(encoders.chosen, recording.encoder, recording.ffmpeg)
    return CaptureSettings(
        ffmpeg=recording.ffmpeg,
        encoder=recording.encoder,
        stall_seconds=recording.stall_seconds,
    )
