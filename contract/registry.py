"""The table of channels: what travels where, which way, and how. Docs are generated from it."""

from dataclasses import dataclass
from typing import Literal

from contract import messages as m


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic level below the agent, and the payload types it may carry by CloudEvents type.

    Up channels carry CloudEvents documents; down channels carry the payload itself.
    `acknowledged` channels go through the room's outbox and have a sequence number. What is `live`
    is for whoever looks at this moment: nobody keeps it, and it may be lost.
    """

    name: str
    direction: Literal["up", "down"]
    qos: Literal[0, 1]
    retained: bool
    acknowledged: bool
    types: dict[str, type[m.Payload]]
    what: str
    since: str = "1.0"
    live: bool = False


CHANNELS: tuple[Channel, ...] = (
    Channel(
        "presence",
        "up",
        1,
        True,
        False,
        {"lectern.presence": m.Presence},
        "Whether the agent is there; also its last will, delayed by 20 s.",
    ),
    Channel(
        "description",
        "up",
        1,
        True,
        False,
        {"lectern.description": m.Description},
        "What the PC and its devices are and can do.",
    ),
    Channel(
        "reported",
        "up",
        1,
        False,
        True,
        {"lectern.reported": m.Reported},
        "What the room has made of the desired state.",
    ),
    Channel(
        "telemetry",
        "up",
        1,
        False,
        True,
        {"lectern.telemetry": m.Report},
        "All readings of the room since the last report.",
    ),
    Channel(
        "event",
        "up",
        1,
        False,
        True,
        {
            "lectern.take.started": m.TakeStarted,
            "lectern.take.ended": m.TakeEnded,
            "lectern.segment.closed": m.SegmentClosed,
            "lectern.lesson.missed": m.LessonMissed,
            "lectern.source.lost": m.SourceLost,
            "lectern.source.back": m.SourceBack,
            "lectern.slide.changed": m.SlideChanged,
            "lectern.device.changed": m.DeviceChanged,
            "lectern.alarm.raised": m.AlarmRaised,
            "lectern.alarm.cleared": m.AlarmCleared,
            "lectern.scene.ran": m.SceneRan,
            "lectern.help.called": m.HelpCalled,
            "lectern.disk": m.DiskState,
            "lectern.clock.stepped": m.ClockStepped,
            "lectern.outbox.dropped": m.OutboxDropped,
            "lectern.outbox.reset": m.OutboxReset,
            "lectern.upload.refused": m.UploadRefused,
        },
        "One thing that happened.",
    ),
    Channel(
        "reply",
        "up",
        1,
        False,
        True,
        {"lectern.reply": m.Reply},
        "What became of an order, with the order's Correlation Data.",
    ),
    Channel(
        "glimpse",
        "up",
        0,
        False,
        False,
        {"lectern.glimpse": m.Glimpse},
        "A small picture and the sound level, while somebody looks.",
        since="1.1",
        live=True,
    ),
    Channel(
        "desired",
        "down",
        1,
        True,
        False,
        {"lectern.desired": m.Desired},
        "What the fleet wants of the room, whole.",
    ),
    Channel(
        "order",
        "down",
        1,
        False,
        False,
        {"lectern.order": m.Order},
        "A command; Message Expiry is its deadline, Response Topic the room's reply.",
    ),
    Channel(
        "look",
        "down",
        0,
        False,
        False,
        {"lectern.look": m.Look},
        "Somebody looks at the room until then.",
        since="1.1",
        live=True,
    ),
    Channel(
        "ack",
        "down",
        0,
        False,
        False,
        {"lectern.ack": m.Ack},
        "Sequence numbers the fleet's database holds, and the fleet's time.",
    ),
)

FLEET_STATE = Channel(
    "state",
    "down",
    1,
    True,
    False,
    {"lectern.fleet.state": m.FleetState},
    "Whether the fleet is listening; also the fleet's last will.",
)

BY_NAME: dict[str, Channel] = {channel.name: channel for channel in CHANNELS}
UP: tuple[Channel, ...] = tuple(c for c in CHANNELS if c.direction == "up")
DOWN: tuple[Channel, ...] = tuple(c for c in CHANNELS if c.direction == "down")

PAYLOAD_OF_TYPE: dict[str, type[m.Payload]] = {
    name: payload for c in UP for name, payload in c.types.items()
}
_PLACE_OF_PAYLOAD: dict[type[m.Payload], tuple[str, str]] = {
    payload: (c.name, name) for c in (*CHANNELS, FLEET_STATE) for name, payload in c.types.items()
}

MAX_MESSAGE_BYTES = 262_144
"""Larger messages are refused: by the broker, by the fleet and by the room."""


def place_of(payload: m.Payload) -> tuple[str, str]:
    """`(channel, type)` under which a payload travels.

    Raises:
        KeyError: it is a part of a payload, not one itself.
    """
    return _PLACE_OF_PAYLOAD[type(payload)]
