"""Where a lesson stands on its way from the timetable to the course page. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

Stage = Literal["coming", "on", "recording", "processing", "held", "failed", "published", "missed"]


def publicly(stage: Stage) -> Stage:
    """What students are told: that processing failed is for the staff to know and mend."""
    return "processing" if stage == "failed" else stage


def stage_of(
    *,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    takes: Sequence[str],
    publication: str | None,
    playable: bool,
) -> Stage:
    """The stage a page names.

    Args:
        starts_at: when the lesson starts.
        ends_at: when it ends.
        now: UTC.
        takes: the states of its recordings: recording, waiting or complete.
        publication: the state of its newest edition, if there is one.
        playable: whether some edition of it is published; a newer one may be in the making.
    """
    if "recording" in takes:
        return "recording"
    if playable:
        return "published"
    match publication:
        case "held" | "failed":
            return publication
        case "due" | "processing":
            return "processing"
        case _ if takes:
            return "processing"
        case _ if now < starts_at:
            return "coming"
        case _ if now < ends_at:
            return "on"
        case _:
            return "missed"
