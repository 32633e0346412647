"""Which folder handles which message: the one table of the fleet."""

from collections.abc import Callable, Mapping

from contract import codec
from contract import messages as m
from fleet.adapters.sql_metrics import SqlMetrics
from fleet.alerts import ingest as alerts
from fleet.classrooms import AgentRef
from fleet.classrooms import ingest as classrooms
from fleet.db import Session
from fleet.devices import ingest as devices
from fleet.orders import ingest as orders
from fleet.recordings import ingest as recordings
from fleet.telemetry.ingest import Telemetry

Handler = Callable[[Session, AgentRef, codec.Received], None]
Table = Mapping[type[m.Payload], tuple[Handler, ...]]


def handlers(telemetry: Telemetry | None = None) -> Table:
    """Handlers by payload type, in the order in which they run, in one transaction."""
    readings = telemetry or Telemetry(SqlMetrics())
    return {
        m.Presence: (classrooms.presence,),
        m.Description: (classrooms.description, devices.description),
        m.Reported: (devices.reported,),
        m.Report: (readings.report,),
        m.TakeStarted: (classrooms.history, recordings.take_started),
        m.SegmentClosed: (classrooms.history, recordings.segment_closed),
        m.TakeEnded: (classrooms.history, recordings.take_ended, alerts.take_ended),
        m.SourceLost: (classrooms.history, alerts.source_lost),
        m.SourceBack: (classrooms.history, alerts.source_back),
        m.SlideChanged: (classrooms.history, recordings.slide_changed),
        m.DeviceChanged: (classrooms.history, devices.device_changed),
        m.AlarmRaised: (classrooms.history, devices.alarm_raised),
        m.AlarmCleared: (classrooms.history, devices.alarm_cleared),
        m.SceneRan: (classrooms.history,),
        m.HelpCalled: (classrooms.history, classrooms.help_called),
        m.LessonMissed: (classrooms.history, classrooms.lesson_missed),
        m.DiskState: (classrooms.history,),
        m.ClockStepped: (classrooms.history,),
        m.OutboxDropped: (classrooms.history,),
        m.OutboxReset: (classrooms.history,),
        m.UploadRefused: (classrooms.history,),
        m.Reply: (classrooms.history, orders.reply),
        codec.Unknown: (classrooms.history,),
    }
