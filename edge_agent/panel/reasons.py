"""What the room says became of a touch, as a sentence for whoever stands in front of it."""

from typing import Final

from edge_agent.ports.touch import HELP_SENT, HELP_WAITING, NO_ANSWER

_UNTOLD: Final = "Sent. The device does not tell whether it did it."
_WARMS: Final = "The device warms up. Try again in a moment."
_COOLS: Final = "The device cools down. Try again in a moment."
_IS_OFF: Final = "The device is off. Switch it on first."
_LATER: Final = "The device is busy. Try again in a moment."

REASONS: Final[dict[str, str]] = {
    "busy: a take is running": "A lesson is being recorded already.",
    "busy: a lesson is paused": "A lesson is paused. Go on with it, or stop it first.",
    "busy: the take is just starting": "The recording is just starting. Try again in a moment.",
    "the take is already stopping": "The recording is being closed already.",
    "no take is running": "Nothing is being recorded.",
    "no lesson is paused": "No lesson is paused.",
    "no lesson is running": "No lesson is on.",
    "the lesson is paused already": "The lesson is paused already.",
    "the lesson is over": "The lesson is over.",
    "the next lesson begins then": "Another lesson follows at once.",
    "the recording disk is full": "The disk is full. Call for help.",
    "there is no such device": "There is no such device.",
    "the device does not answer": "The device does not answer.",
    "the device did not do it": "The device did not do it.",
    "the device warms up; wait a moment": _WARMS,
    "the device cools down; wait a moment": _COOLS,
    "the device is off": _IS_OFF,
    "it does not answer": "The device does not answer.",
    "it cannot be read back": _UNTOLD,
    "woken over the network; it cannot say so itself": _UNTOLD,
    "it took the command and says": "The device did not do it.",
    "it is settling": _LATER,
    "it was switched a moment ago": _LATER,
    "too much is asked of it at once": _LATER,
    "there was no time for it": _LATER,
    "it is warming": _WARMS,
    "it is cooling": _COOLS,
    "it is off": _IS_OFF,
}
"""By how the room's own words, which the log and the fleet have as well, begin or end."""

SENTENCES: Final = (NO_ANSWER, HELP_SENT, HELP_WAITING, *dict.fromkeys(REASONS.values()))


def sentence(why: str) -> str:
    """An English sentence for a reason; one that is not known is left as it is."""
    known = (key for key in REASONS if why.startswith(key) or why.endswith(key))
    return REASONS.get(next(known, ""), why)
