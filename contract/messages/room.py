"""What happens in the room around a recording: devices, alarms, scenes, a call for help."""

from typing import Literal

from contract.messages.base import Id, Payload, Seconds, TrackName
from contract.profile import PowerState, Severity


class DeviceChanged(Payload, frozen=True, kw_only=True):
    """A device answers again or no longer, or went from one power state to another."""

    device: str
    online: bool
    power: PowerState = "unknown"
    why: str = ""


class AlarmRaised(Payload, frozen=True, kw_only=True):
    """Something in the room needs a person.

    `alarm` is unique in its `subject`, a device, a source's track or `room`. `what` and `todo` say
    in English what `text` is the key of: what is wrong, and what usually puts it right.
    """

    alarm: str
    subject: str
    severity: Severity
    text: str
    what: str
    todo: str = ""
    value: str = ""


class AlarmCleared(Payload, frozen=True, kw_only=True):
    """An alarm is over, after so many seconds."""

    alarm: str
    subject: str
    seconds: Seconds


class StepResult(Payload, frozen=True, kw_only=True):
    """What became of one step of a scene, on one device where it has one."""

    step: str
    device: str = ""
    outcome: Literal["done", "skipped", "failed", "late"]
    why: str = ""


class SceneRan(Payload, frozen=True, kw_only=True):
    """A scene has come to its end. `partly`: some step failed and the scene went on."""

    scene: str
    trigger: str
    outcome: Literal["done", "partly", "failed", "replaced"]
    seconds: Seconds
    steps: tuple[StepResult, ...] = ()


class HelpCalled(Payload, frozen=True, kw_only=True):
    """Somebody in the room asks for a person to come, or to call."""

    topic: Literal["picture", "sound", "recording", "other"] = "other"
    lesson: Id | None = None


class SlideChanged(Payload, frozen=True, kw_only=True):
    """The presentation shows another page since `at` seconds into the take."""

    take: Id
    track: TrackName
    at: Seconds
