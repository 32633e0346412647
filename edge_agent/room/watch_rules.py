"""When what is seen and heard in a source, or measured in the room, needs a person.

The delays are the longest with which each fault is told within three seconds of its beginning.
A fault is measured up to half a second late: pictures come four times a second, and sound is
judged over 0.4 s.
"""

from collections.abc import Mapping
from typing import Final

from contract.profile import Alarm, Severity
from edge_agent.room.alarms import Rule
from edge_agent.room.model import Source, SourceKind

_ABSENT: Final = ("gap", "no-signal")


def _fault(
    name: str,
    delay: float,
    *masks: str,
    severity: Severity = "warning",
    clear_delay: float = 1.0,
    text: str = "",
) -> Alarm:
    return Alarm(
        id=name,
        point=name.replace("-", "_"),
        op="==",
        value=True,
        delay=delay,
        clear_delay=clear_delay,
        severity=severity,
        masked_by=masks,
        text=text or name,
    )


_GAP: Final = _fault("gap", 0.0, severity="critical")

RULES: Final[Mapping[SourceKind, tuple[Alarm, ...]]] = {
    "camera": (
        _GAP,
        _fault("no-signal", 1.5, "gap", severity="critical"),
        _fault("black", 1.5, *_ABSENT),
        _fault("covered", 2.0, "black", *_ABSENT),
        # A camera whose scene stands still may give one picture from a key picture to the next,
        # two seconds later.
        _fault("frozen", 2.2, "black", *_ABSENT),
        _fault("blurred", 2.0, "black", "covered", *_ABSENT),
        _fault("moved", 2.0, "black", "covered", "blurred", *_ABSENT),
    ),
    "screen": (
        _GAP,
        _fault("no-signal", 1.5, "gap", severity="critical"),
        _fault("black", 2.0, *_ABSENT, severity="info"),
    ),
    "microphone": (
        _GAP,
        _fault("no-signal", 1.5, "gap", severity="critical", text="silent"),
        _fault("muted", 1.8, *_ABSENT, severity="critical"),
        _fault("silent", 2.0, "muted", *_ABSENT, severity="critical"),
        _fault("clipped", 1.0, *_ABSENT, clear_delay=3.0),
        _fault("hum", 1.5, *_ABSENT, clear_delay=3.0),
    ),
}
"""By kind of source."""

ROOM: Final = (
    Alarm(
        id="offset",
        point="apart",
        op=">",
        value=0.1,
        # A busy machine delays packets for a while, which cannot be told from a shift; a real one
        # stays.
        delay=15.0,
        clear=0.08,
        clear_delay=5.0,
        masked_by=(),
        text="offset",
    ),
    Alarm(
        id="disk",
        point="lessons_left",
        op="<",
        value=2.0,
        clear=2.5,
        masked_by=(),
        text="disk",
    ),
)
"""Of the room as a whole."""


def of_room(sources: tuple[Source, ...]) -> tuple[Rule, ...]:
    """The rules of a room with these sources."""
    watched = [Rule(source.track, alarm) for source in sources for alarm in RULES[source.kind]]
    return (*watched, *(Rule("room", alarm) for alarm in ROOM))
