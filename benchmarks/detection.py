"""How soon each fault of picture and sound is told, and how often a good lesson is called faulty.

A clip of a lesson, into which one fault after the other is put, goes through the side stream's
filters, the meters, the rules and the alarms, faster than real time. Measured is from the fault's
first picture or sample to its alarm; any other alarm of that clip, and any alarm of the lesson
without a fault, is false. Not in a clip can be what the recorder tells: a gap, which is told at
once, and sound that leaves its picture. Both have tests.
"""

import tempfile
from pathlib import Path
from typing import Final

from benchmarks import lesson_clips as clips
from benchmarks.replay import told
from benchmarks.result import Result
from edge_agent.room.model import Source
from simulator import lesson

NEVER: Final = 999.0
LESSON_SECONDS: Final = 600.0
QUICK_SECONDS: Final = 60.0


def run(quick: bool) -> list[Result]:
    """The slowest fault, and false alarms of a lesson of ten minutes; when `quick`, of one."""
    seconds = QUICK_SECONDS if quick else LESSON_SECONDS
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as name:
        directory = Path(name)
        delays, wrong = _faults(directory)
        wrong += _lesson(directory, seconds)
    slowest = max(delays, key=lambda fault: delays[fault])
    said = f"; told were {', '.join(wrong)}" if wrong else ""
    clean = f"{seconds:.0f} s of lesson without a fault, {len(delays)} clips with one{said}"
    return [
        Result("detection.slowest", delays[slowest], "s", 3.0, "lower", f"limit; {slowest}"),
        Result("detection.false_alarms", len(wrong), "alarms", 0, "lower", clean),
    ]


def _faults(directory: Path) -> tuple[dict[str, float], list[str]]:
    """Seconds from each fault to its alarm, and the alarms that were none of the fault's."""
    cases = [
        *(
            (clips.CAMERA, fault, clips.camera(made))
            for fault, made in clips.PICTURE_FAULTS.items()
        ),
        *((clips.MICROPHONE, f, clips.voice(directory, f)) for f in clips.SOUND_FAULTS),
    ]
    delays: dict[str, float] = {}
    wrong: list[str] = []
    for source, fault, clip in cases:
        raised = [each for each in told(source, clip, clips.SECONDS) if each.raised]
        right = [each for each in raised if each.alarm == fault and each.at > clips.FAULT_AT]
        soonest = min((each.at - clips.FAULT_AT for each in right), default=NEVER)
        delays[f"{fault} of the {source.kind}"] = soonest
        wrong += [f"{each.alarm} for {fault}" for each in raised if each not in right]
    return delays, wrong


def _lesson(directory: Path, seconds: float) -> list[str]:
    lessons: tuple[tuple[Source, str], ...] = (
        (clips.CAMERA, clips.camera()),
        (clips.SCREEN, lesson.presentation()),
        (clips.MICROPHONE, clips.voice(directory)),
    )
    return [
        f"{each.alarm} of the {source.kind} at {each.at:.0f} s"
        for source, clip in lessons
        for each in told(source, clip, seconds)
        if each.raised
    ]
