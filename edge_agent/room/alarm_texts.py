"""The words of each alarm: what is wrong, and what to do about it.

English, and the sources of the translations; `{subject}` stands for the device or the track.
"""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "offline": (
        "{subject} does not answer.",
        "See that it has power and that its network or serial cable is plugged in.",
    ),
    "lamp-worn": (
        "The lamp of {subject} is nearly used up.",
        "Order a lamp now and have it changed before it fails.",
    ),
    "filter": (
        "The air filter of {subject} is dirty.",
        "Have it cleaned or changed after the lesson.",
    ),
    "cover": (
        "A cover of {subject} is open.",
        "Close it; the device stays off until then.",
    ),
    "fan": (
        "A fan of {subject} does not turn as it should.",
        "Switch the device off after the lesson and call the technician.",
    ),
    "lamp": (
        "The lamp of {subject} has failed.",
        "Use another screen and call the technician.",
    ),
    "temperature": (
        "{subject} is too warm.",
        "Clear its air inlets; switch it off if the warning stays.",
    ),
    "device-fault": (
        "{subject} reports a fault.",
        "Switch it off and on again; if the fault stays, call the technician.",
    ),
    "no-signal": (
        "{subject} gets no picture signal.",
        "Check the cable, and wake the computer it comes from.",
    ),
    "wrong-source": (
        "{subject} shows another input than the lesson needs.",
        "Choose the right source on this page.",
    ),
    "pc-off": (
        "The PC inside {subject} does not run.",
        "Switch it on; the lesson's slides come from it.",
    ),
    "on-battery": (
        "The mains have failed; {subject} runs on battery.",
        "Finish what you are doing; the lesson so far is safe.",
    ),
    "battery-low": (
        "The battery of {subject} is nearly empty.",
        "Stop the lesson now and let the room be switched off.",
    ),
    "black": (
        "The picture of {subject} is black.",
        "Open the lens, switch the light on, or check the camera.",
    ),
    "frozen": (
        "The picture of {subject} does not move any more.",
        "Switch the camera off and on again; call for help if it stays.",
    ),
    "blurred": (
        "The picture of {subject} is blurred.",
        "Clean the lens or choose a camera preset, so that it focuses anew.",
    ),
    "covered": (
        "Something covers the camera of {subject}.",
        "Take away what stands or hangs in front of it.",
    ),
    "moved": (
        "The camera of {subject} looks elsewhere than before.",
        "Choose a camera preset on this page.",
    ),
    "silent": (
        "Nothing is heard from {subject}.",
        "Switch the microphone on, and check its battery and its cable.",
    ),
    "clipped": (
        "{subject} is too loud and distorts.",
        "Speak further from the microphone, or turn its gain down.",
    ),
    "hum": (
        "{subject} hums.",
        "Unplug chargers near the microphone and check its cable.",
    ),
    "muted": (
        "{subject} is muted.",
        "Switch the microphone on.",
    ),
    "offset": (
        "Picture and sound of {subject} are not in step.",
        "The lesson goes on; tell the technician, who measures it anew.",
    ),
    "gap": (
        "The recording of {subject} has a gap.",
        "Check the cable; what was said meanwhile is to be said again.",
    ),
    "disk": (
        "The disk of {subject} holds fewer than two more lessons.",
        "Leave the PC on, so that it can upload and free space.",
    ),
    "camera-clock": (
        "The clock of {subject} is wrong.",
        "Let the technician set it; the camera may refuse commands.",
    ),
    "command-failed": (
        "{subject} did not do what it was told.",
        "Try again on this page, or use its remote control.",
    ),
    "too-hot": (
        "{subject} is still hot.",
        "Leave its power on until it has cooled down.",
    ),
}
