"""How a room stands, in one word, from what is known of it. Pure."""

from typing import Literal

Standing = Literal["working", "risk", "dark", "none"]
"""`none`: no PC is enrolled. `dark`: its agent is not heard. `risk`: something is wrong in it."""

HEARD = frozenset({"init", "ready"})
"""Presences of an agent that is there."""


def standing(presence: str, trouble: str) -> Standing:
    """The standing of a room by its agent's presence and the worst severity of its alarms."""
    if presence == "none":
        return "none"
    if presence not in HEARD:
        return "dark"
    return "risk" if trouble else "working"
