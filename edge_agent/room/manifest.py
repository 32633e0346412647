"""What a take consists of: its segments in order, and the stretches without any. Pure."""

from collections.abc import Mapping, Sequence

from contract.messages import Gap, Segment, TrackManifest
from edge_agent.room.model import Source

EDGE_SECONDS = 1.0
"""A source needs a moment to start and to stop; only more than this is a gap at either end."""
SEAM_SECONDS = 0.1
"""Segments of one run follow each other within a few milliseconds; more is a gap."""


def tracks(
    sources: Sequence[Source],
    segments: Sequence[Segment],
    duration: float,
    losses: Mapping[str, Sequence[tuple[float, str]]],
) -> tuple[TrackManifest, ...]:
    """One manifest a source, also for one that gave nothing.

    `duration` is the take's in seconds; `losses` are, by track, when and why a source was lost.
    """
    known = {source.track: source.is_audio for source in sources}
    # A take adopted after the configuration changed may hold tracks of no source.
    names = [*known, *sorted({s.track for s in segments} - known.keys())]
    return tuple(
        _track(
            name,
            known.get(name, name.startswith("audio")),
            sorted((s for s in segments if s.track == name), key=lambda s: s.index),
            duration,
            losses.get(name, ()),
        )
        for name in names
    )


def _track(
    name: str,
    audio: bool,
    segments: Sequence[Segment],
    duration: float,
    losses: Sequence[tuple[float, str]],
) -> TrackManifest:
    gaps: list[Gap] = []
    at = 0.0
    for segment in segments:
        if segment.start - at > (SEAM_SECONDS if at else EDGE_SECONDS):
            gaps.append(_gap(at, segment.start, losses))
        at = max(at, segment.start + segment.duration)
    if duration - at > EDGE_SECONDS:
        gaps.append(_gap(at, duration, losses))
    return TrackManifest(
        name=name, kind="audio" if audio else "video", segments=tuple(segments), gaps=tuple(gaps)
    )


def _gap(start: float, end: float, losses: Sequence[tuple[float, str]]) -> Gap:
    # The loss is noticed some seconds after the last picture.
    reasons = [why for at, why in losses if start - SEAM_SECONDS <= at <= end]
    why = reasons[0] if reasons else "nothing was recorded"
    return Gap(start=round(start, 3), duration=round(end - start, 3), why=why)
