"""Fakes and real implementations offer what their port says: names, parameters, kind of call."""

import inspect

import pytest

from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.capture.watch import FfmpegWatch
from edge_agent.drivers.dialogue import Dialogue
from edge_agent.drivers.network_wire import NetworkWire
from edge_agent.drivers.serial_wire import SerialWire
from edge_agent.drivers.wire import Wire
from edge_agent.link.clock import FleetClock
from edge_agent.link.mqtt import MqttConnection, MqttUplink
from edge_agent.link.order_files import OrderFileSender
from edge_agent.link.renewal import CertificateRenewer
from edge_agent.link.upload import TusUploader
from edge_agent.loops.watching import WatchingLoop
from edge_agent.ports.clock import Clock, PcClock
from edge_agent.ports.disk import Disk
from edge_agent.ports.driver import Driver
from edge_agent.ports.identity import Renewer
from edge_agent.ports.journal import Deliveries, Memory, Outbox, Takes
from edge_agent.ports.order_files import OrderFiles
from edge_agent.ports.recorder import Recorder
from edge_agent.ports.take_files import TakeFiles
from edge_agent.ports.touch import Monitor, Room
from edge_agent.ports.uplink import Connection, Uplink
from edge_agent.ports.uploader import Uploader
from edge_agent.ports.watch import Watch
from edge_agent.storage.deliveries import SqliteDeliveries
from edge_agent.storage.memory import SqliteMemory
from edge_agent.storage.outbox import SqliteOutbox
from edge_agent.storage.recording_disk import RecordingDisk
from edge_agent.storage.take_files import DiskTakeFiles
from edge_agent.storage.takes import SqliteTakes
from tests.fakes.clock import FakeClock
from tests.fakes.order_files import FakeOrderFiles
from tests.fakes.recorder import FakeRecorder
from tests.fakes.touch_room import FakeMonitor, FakeRoom
from tests.fakes.watch import FakeWatch

PAIRS = [
    (Clock, FakeClock),
    (PcClock, FleetClock),
    (Disk, RecordingDisk),
    (Renewer, CertificateRenewer),
    (Outbox, SqliteOutbox),
    (Takes, SqliteTakes),
    (Deliveries, SqliteDeliveries),
    (Memory, SqliteMemory),
    (Recorder, FfmpegRecorder),
    (Recorder, FakeRecorder),
    (Watch, FfmpegWatch),
    (Watch, FakeWatch),
    (TakeFiles, DiskTakeFiles),
    (Connection, MqttConnection),
    (Uplink, MqttUplink),
    (Uploader, TusUploader),
    (OrderFiles, OrderFileSender),
    (OrderFiles, FakeOrderFiles),
    (Driver, Dialogue),
    (Wire, NetworkWire),
    (Wire, SerialWire),
    (Room, FakeRoom),
    (Monitor, FakeMonitor),
    (Monitor, WatchingLoop),
]


def _methods(port: type) -> dict[str, object]:
    inherited = {
        name: value for base in reversed(port.__mro__) for name, value in vars(base).items()
    }
    return {
        name: value
        for name, value in inherited.items()
        if not name.startswith("_") and inspect.isfunction(value)
    }


@pytest.mark.parametrize(("port", "real"), PAIRS, ids=lambda kind: kind.__name__)
def test_it_offers_what_the_port_says(port: type, real: type) -> None:
    methods = _methods(port)
    assert methods
    for name, wanted in methods.items():
        offered = inspect.unwrap(getattr(real, name))
        assert [*inspect.signature(offered).parameters] == [*inspect.signature(wanted).parameters]
        assert inspect.iscoroutinefunction(offered) == inspect.iscoroutinefunction(wanted), name
