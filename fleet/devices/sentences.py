"""What rooms tell, in the language of the reader."""

from collections.abc import Mapping
from typing import Any

from contract.standards import CHOICES
from fleet.web.language import gettext as _

ROUTINE = ("lectern.segment.closed", "lectern.slide.changed")
"""Types of events that come by the dozen in each lesson and that nobody needs to read."""


def event(kind: str, body: Mapping[str, Any]) -> str:
    """An event as a sentence; of a type that has none, the type."""
    match kind:
        case "lectern.device.changed":
            return _device(body)
        case "lectern.alarm.raised":
            return _alarm(_("Alarm: %(name)s (%(subject)s)."), body, str(body["text"]))
        case "lectern.alarm.cleared":
            return _alarm(_("Over: %(name)s (%(subject)s)."), body, str(body["alarm"]))
        case "lectern.scene.ran":
            return _scene(body)
        case "lectern.help.called":
            return call(str(body["topic"]))
        case _:
            return _recording(kind, body) or _apart(kind)


def detail(body: Mapping[str, Any]) -> str:
    """What the room adds to an event, in its own words: a reason, or what failed in a scene."""
    failed = [
        f"{step.get('device') or step['step']}: {step.get('why') or step['outcome']}"
        for step in body.get("steps", ())
        if step["outcome"] in ("failed", "late")
    ]
    return str(body.get("why") or body.get("what") or "; ".join(failed))


def call(topic: str) -> str:
    """What somebody in the room asks for."""
    match topic:
        case "picture":
            return _("Somebody in the room asks for help with the picture.")
        case "sound":
            return _("Somebody in the room asks for help with the sound.")
        case "recording":
            return _("Somebody in the room asks for help with the recording.")
        case _:
            return _("Somebody in the room asks for help.")


def alarm(text: str) -> str:
    """The short name of an alarm by the key of its text; of one that is not known, the key."""
    names = {
        "offline": _("No answer"),
        "lamp-worn": _("Lamp nearly used up"),
        "filter": _("Air filter dirty"),
        "cover": _("Cover open"),
        "fan": _("Fan at fault"),
        "lamp": _("Lamp failed"),
        "temperature": _("Too warm"),
        "device-fault": _("Device at fault"),
        "no-signal": _("No picture signal"),
        "wrong-source": _("Wrong input"),
        "pc-off": _("PC does not run"),
        "on-battery": _("Mains failed, running on battery"),
        "battery-low": _("Battery nearly empty"),
        "black": _("Picture black"),
        "frozen": _("Picture frozen"),
        "blurred": _("Picture blurred"),
        "covered": _("Camera covered"),
        "moved": _("Camera moved"),
        "silent": _("Nothing to be heard"),
        "clipped": _("Sound too loud"),
        "hum": _("Sound hums"),
        "muted": _("Microphone muted"),
        "offset": _("Picture and sound not in step"),
        "gap": _("Gap in the recording"),
        "disk": _("Disk nearly full"),
        "camera-clock": _("Camera's clock wrong"),
        "command-failed": _("Command not obeyed"),
        "too-hot": _("Still hot"),
    }
    return names.get(text, text)


def role(kind: str) -> str:
    """What a device is."""
    names = {
        "projector": _("Projector"),
        "panel": _("Touch panel"),
        "camera": _("Camera"),
        "microphone": _("Microphone"),
        "screen": _("Screen"),
        "switcher": _("Switcher"),
        "pc": _("PC"),
        "ups": _("Battery backup"),
    }
    return names.get(kind, kind)


def choice(point: str, value: float) -> str:
    """What a reading of a closed set says, such as `Off`; empty for a measured number."""
    among = CHOICES.get(point, ())
    place = int(value)
    return word(among[place]) if place == value and 0 <= place < len(among) else ""


def word(text: str) -> str:
    """A value of a closed set; any other is itself."""
    names = {
        "off": _("Off"),
        "warming": _("Warming up"),
        "on": _("On"),
        "cooling": _("Cooling down"),
        "sleep": _("Asleep"),
        "hibernate": _("Hibernating"),
        "online": _("On mains power"),
        "battery": _("On battery"),
        "low": _("Battery nearly empty"),
        "ok": _("In order"),
        "warning": _("Warning"),
        "error": _("Fault"),
    }
    return names.get(text, text)


def _alarm(words: str, body: Mapping[str, Any], text: str) -> str:
    return words % {"name": alarm(text), "subject": _apart(body["subject"])}


def _apart(name: str) -> str:
    """A name of any script, isolated, so that it does not turn the sentence around."""
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"


def _device(body: Mapping[str, Any]) -> str:
    device = _apart(body["device"])
    if not body["online"]:
        return _("%(device)s does not answer.", device=device)
    match body.get("power"):
        case "on":
            return _("%(device)s is on.", device=device)
        case "off":
            return _("%(device)s is off.", device=device)
        case "warming":
            return _("%(device)s is warming up.", device=device)
        case "cooling":
            return _("%(device)s is cooling down.", device=device)
        case _:
            return _("%(device)s answers.", device=device)


def _scene(body: Mapping[str, Any]) -> str:
    scene = _apart(body["scene"])
    match body["outcome"]:
        case "done":
            return _("Scene %(scene)s has run.", scene=scene)
        case "partly":
            return _("Scene %(scene)s has run, but not every step worked.", scene=scene)
        case "failed":
            return _("Scene %(scene)s has failed.", scene=scene)
        case _:
            return _("Scene %(scene)s gave way to another one.", scene=scene)


def _recording(kind: str, body: Mapping[str, Any]) -> str:
    track = _apart(str(body.get("track", "")))
    match kind:
        case "lectern.take.started":
            return _("A recording began.")
        case "lectern.take.ended":
            return _("A recording ended.")
        case "lectern.lesson.missed":
            return _("A lesson is not, or not wholly, recorded.")
        case "lectern.source.lost":
            return _("Nothing comes from %(track)s.", track=track)
        case "lectern.source.back":
            return _("%(track)s is recorded again.", track=track)
        case "lectern.upload.refused":
            return _("A part of a recording was refused.")
        case "lectern.clock.stepped":
            return _("The PC's clock was set.")
        case "lectern.outbox.dropped":
            return _("Old readings made room for new ones.")
        case "lectern.outbox.reset":
            return _("The PC's journal was damaged and began anew.")
        case "lectern.disk":
            match body.get("state"):
                case "full":
                    return _("The recording disk is full.")
                case "low":
                    return _("The recording disk is nearly full.")
                case _:
                    return _("The recording disk has room again.")
        case "lectern.reply":
            return _("The room answered an order.")
        case _:
            return ""
