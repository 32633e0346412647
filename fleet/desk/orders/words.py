"""Orders and their states in the language of the reader."""

from typing import Final

from fleet.orders.catalogue import KINDS
from fleet.web.language import gettext as _

TONES: Final = {
    "queued": "",
    "sent": "warn",
    "accepted": "warn",
    "progress": "warn",
    "done": "good",
    "failed": "bad",
    "rejected": "bad",
    "expired": "bad",
    "unanswered": "bad",
    "cancelled": "",
}
"""The colour of each state; in the order in which a page shows them."""


def kind(name: str) -> str:
    """What an order does."""
    return {
        "ping": _("Ask whether it answers"),
        "power_on": _("Switch devices on"),
        "power_off": _("Switch devices off"),
        "source": _("Choose the input"),
        "volume": _("Set the volume"),
        "preset": _("Turn the camera to a preset"),
        "record": _("Start a recording"),
        "extend": _("Extend the recording"),
        "stop": _("Stop the recording"),
        "message": _("Show a message on the touch page"),
        "emergency": _("Emergency message on all panels"),
        "over": _("End the emergency message"),
        "screenshot": _("Take a picture of what is shown"),
        "restart": _("Restart"),
        "collect_logs": _("Collect logs"),
        "wake": _("Wake the PC"),
    }.get(name, name)


def kinds() -> list[tuple[str, str]]:
    """The orders that can be chosen, without those that have pages of their own."""
    return [(name, kind(name)) for name in KINDS if name not in ("emergency", "over")]


def state(name: str) -> str:
    """Where an order stands in a room."""
    return {
        "queued": _("Not sent yet"),
        "sent": _("Sent"),
        "accepted": _("Accepted"),
        "progress": _("Under way"),
        "done": _("Done"),
        "failed": _("Failed"),
        "rejected": _("Refused by the room"),
        "expired": _("Too late"),
        "unanswered": _("No answer"),
        "cancelled": _("Withdrawn"),
    }.get(name, name)


def why(text: str) -> str:
    """Why it came to that: the fleet's own reasons translated, a room's as the room says them."""
    return {
        "This room has no PC yet.": _("This room has no PC yet."),
        "It is awake.": _("It is awake."),
        "The address of this PC's network card is not known.": _(
            "The address of this PC's network card is not known."
        ),
        "No other PC of the same network is awake to wake it.": _(
            "No other PC of the same network is awake to wake it."
        ),
    }.get(text, text)
