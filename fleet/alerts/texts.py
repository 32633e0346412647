"""The words of each alarm in the language of the reader: its name, what is wrong, what to do.

Rooms say the key of a text, and the words of `edge_agent.room.alarm_texts` in English; here are
those again, to be translated, and those of the fleet's own rules. What has no key here is shown in
the room's own words.
"""

from collections.abc import Mapping

from fleet.devices import sentences
from fleet.web.language import gettext as _


def title(text: str, rule: str = "") -> str:
    """The short name of an alarm."""
    own = _titles()
    return own.get(text) or own.get(rule) or sentences.alarm(text)


def what(text: str, subject: str, said: str = "") -> str:
    """What is wrong, as a sentence; `said` is what the room says, for a key not known here."""
    known = _words().get(text)
    return known[0] % {"subject": _apart(subject)} if known else said or title(text)


def todo(text: str, said: str = "") -> str:
    """What usually puts it right; empty if nobody knows."""
    known = _words().get(text)
    return known[1] if known else said


def value(said: str) -> str:
    """What was measured, a word such as `error` in the reader's language; a bare no is no news."""
    return "" if said in ("True", "False") else sentences.word(said)


def keys() -> frozenset[str]:
    """Every key that has words."""
    return frozenset(_words())


def _apart(name: str) -> str:
    """A name of any script, isolated, so that it does not turn the sentence around."""
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"


def _titles() -> Mapping[str, str]:
    return {
        "room-dark": _("Contact lost"),
        "uplink-dark": _("Line or switch dead"),
        "site-dark": _("Site dark"),
        "room-silent": _("No news"),
        "clock-skew": _("Clock wrong"),
        "agent-behind": _("Software old"),
        "power-off": _("Lost its power"),
        "lamp-hours": _("Lamp hours"),
        "panel-hours": _("Panel hours"),
        "pc-temperature": _("PC too warm"),
        "disk-low": _("Disk nearly full"),
        "upload-backlog": _("Uploads wait"),
        "source-lost": _("Source lost"),
        "take-late": _("Recording runs late"),
        "outside-timetable": _("On without a lesson"),
        "room": _("Other alarms of the room"),
    }


def _words() -> Mapping[str, tuple[str, str]]:
    return {**_of_rooms(), **_of_the_fleet()}


def _of_the_fleet() -> Mapping[str, tuple[str, str]]:
    return {
        "room-dark": (
            _("The fleet does not hear this room any more."),
            _(
                "Ask somebody there whether there is power and a network, and whether the "
                "PC runs. It goes on recording without the fleet."
            ),
        ),
        "uplink-dark": (
            _("No room behind %(subject)s is heard any more."),
            _(
                "Check the switch or the line and its power. The rooms go on recording, and "
                "upload when it is back."
            ),
        ),
        "site-dark": (
            _("No room of this site is heard any more."),
            _(
                "Ask by telephone whether there is power, and call the provider of the "
                "line. The rooms go on recording."
            ),
        ),
        "room-silent": (
            _("The room says that it is ready, but sends nothing."),
            _("Restart the agent from the desk; if that does not help, restart the PC."),
        ),
        "clock-skew": (
            _("The clock of the PC in this room is wrong."),
            _(
                "See that the PC may ask a time server, or set its clock. Lessons would "
                "begin at the wrong time."
            ),
        ),
        "agent-behind": (
            _("The PC in this room has an older version of the software than the fleet."),
            _("Let it update in the next hours without a lesson."),
        ),
        "power-off": (
            _("The PC went off without saying so."),
            _(
                "Ask whether the power failed or the plug was pulled; see that nothing is "
                "missing in the room."
            ),
        ),
        "lamp-hours": (
            _("The lamp of %(subject)s has run for many hours."),
            _("Order a lamp now and have it changed before it fails."),
        ),
        "panel-hours": (
            _("The panel %(subject)s has run for many hours."),
            _("Plan its replacement, and let it switch off when nobody teaches."),
        ),
        "pc-temperature": (
            _("The PC in this room is too warm."),
            _("Clear its air inlets and see that its fan turns."),
        ),
        "disk-low": (
            _("The disk of the PC in this room is nearly full."),
            _("Leave the PC on, so that it can upload and free space; see why uploads wait."),
        ),
        "upload-backlog": (
            _("Much of what was recorded waits to be uploaded."),
            _("Leave the PC on overnight; if it grows, see whether the line has become slow."),
        ),
        "source-lost": (
            _("Nothing comes from %(subject)s in a running recording."),
            _(
                "Check the cable and the power of the camera or microphone now; the rest is "
                "being recorded."
            ),
        ),
        "take-late": (
            _("A recording goes on though its lesson is over."),
            _("See in the room whether the lesson goes on; if not, stop it from the desk."),
        ),
        "outside-timetable": (
            _("%(subject)s is on, and there is no lesson."),
            _("Switch it off from the desk."),
        ),
    }


def _of_rooms() -> Mapping[str, tuple[str, str]]:
    return {
        "offline": (
            _("%(subject)s does not answer."),
            _("See that it has power and that its network or serial cable is plugged in."),
        ),
        "lamp-worn": (
            _("The lamp of %(subject)s is nearly used up."),
            _("Order a lamp now and have it changed before it fails."),
        ),
        "filter": (
            _("The air filter of %(subject)s is dirty."),
            _("Have it cleaned or changed after the lesson."),
        ),
        "cover": (
            _("A cover of %(subject)s is open."),
            _("Close it; the device stays off until then."),
        ),
        "fan": (
            _("A fan of %(subject)s does not turn as it should."),
            _("Switch the device off after the lesson and call the technician."),
        ),
        "lamp": (
            _("The lamp of %(subject)s has failed."),
            _("Use another screen and call the technician."),
        ),
        "temperature": (
            _("%(subject)s is too warm."),
            _("Clear its air inlets; switch it off if the warning stays."),
        ),
        "device-fault": (
            _("%(subject)s reports a fault."),
            _("Switch it off and on again; if the fault stays, call the technician."),
        ),
        "no-signal": (
            _("%(subject)s gets no picture signal."),
            _("Check the cable, and wake the computer it comes from."),
        ),
        "wrong-source": (
            _("%(subject)s shows another input than the lesson needs."),
            _("Choose the right source on this page."),
        ),
        "pc-off": (
            _("The PC inside %(subject)s does not run."),
            _("Switch it on; the lesson's slides come from it."),
        ),
        "on-battery": (
            _("The mains have failed; %(subject)s runs on battery."),
            _("Finish what you are doing; the lesson so far is safe."),
        ),
        "battery-low": (
            _("The battery of %(subject)s is nearly empty."),
            _("Stop the lesson now and let the room be switched off."),
        ),
        "black": (
            _("The picture of %(subject)s is black."),
            _("Open the lens, switch the light on, or check the camera."),
        ),
        "frozen": (
            _("The picture of %(subject)s does not move any more."),
            _("Switch the camera off and on again; call for help if it stays."),
        ),
        "blurred": (
            _("The picture of %(subject)s is blurred."),
            _("Clean the lens or choose a camera preset, so that it focuses anew."),
        ),
        "covered": (
            _("Something covers the camera of %(subject)s."),
            _("Take away what stands or hangs in front of it."),
        ),
        "moved": (
            _("The camera of %(subject)s looks elsewhere than before."),
            _("Choose a camera preset on this page."),
        ),
        "silent": (
            _("Nothing is heard from %(subject)s."),
            _("Switch the microphone on, and check its battery and its cable."),
        ),
        "clipped": (
            _("%(subject)s is too loud and distorts."),
            _("Speak further from the microphone, or turn its gain down."),
        ),
        "hum": (
            _("%(subject)s hums."),
            _("Unplug chargers near the microphone and check its cable."),
        ),
        "muted": (
            _("%(subject)s is muted."),
            _("Switch the microphone on."),
        ),
        "offset": (
            _("Picture and sound of %(subject)s are not in step."),
            _("The lesson goes on; tell the technician, who measures it anew."),
        ),
        "gap": (
            _("The recording of %(subject)s has a gap."),
            _("Check the cable; what was said meanwhile is to be said again."),
        ),
        "disk": (
            _("The disk of %(subject)s holds fewer than two more lessons."),
            _("Leave the PC on, so that it can upload and free space."),
        ),
        "camera-clock": (
            _("The clock of %(subject)s is wrong."),
            _("Let the technician set it; the camera may refuse commands."),
        ),
        "command-failed": (
            _("%(subject)s did not do what it was told."),
            _("Try again on this page, or use its remote control."),
        ),
        "too-hot": (
            _("%(subject)s is still hot."),
            _("Leave its power on until it has cooled down."),
        ),
    }


def severity(name: str) -> str:
    """A severity in words."""
    match name:
        case "critical":
            return _("Critical")
        case "warning":
            return _("Warning")
        case _:
            return _("Note")
