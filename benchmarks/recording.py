"""What recording costs beyond the encoding itself.

The running agent against one bare ffmpeg, which a user would start by hand: the same sources,
encoders and segments, both at the same time, so that whatever else the machine does meets both.
The agent is `edge-agent run`, connected over TLS to a broker and a fleet: it takes the lesson from
its timetable, keeps its journal, reports its health and uploads each segment while it records.
What watching picture and sound adds is `watching`'s to say, and what hardware adds `polling`'s.

Counted are the agent's process and its children (an ffmpeg for the picture, one for the sound),
from just before the take starts until its last child has ended; not broker and fleet, which run
elsewhere, and not the agent's start, which is once a day and not once a lesson. CPU seconds of
each side are divided by the seconds of picture that it recorded. Segments are of 20 s and not
of 60 s: what a segment costs is paid three times as often as in a classroom. Memory is the resident
memory of the agent's process, without ffmpeg, at its highest while it recorded.
"""

import os
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil

from benchmarks import bare_ffmpeg, recorder
from benchmarks.bare_ffmpeg import PICTURE, SETTINGS, SOUND
from benchmarks.result import Result
from benchmarks.running_agent import RunningAgent, running_agent
from fleet.recordings import repository
from fleet.recordings import service as recordings
from standalone.sample import Meeting

SEGMENT_SECONDS: Final = 20.0
MEGABYTE: Final = 1_000_000
WAIT_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 0.1


def run(quick: bool) -> list[Result]:
    """CPU ratio and memory in a lesson of 100 s; when `quick`, of the recorder alone."""
    return recorder.run() if quick else measure(100.0)


def measure(seconds: float) -> list[Result]:
    """The same in a lesson of `seconds`.

    Raises:
        RuntimeError: a side failed, or the lesson is not in the fleet as it was recorded.
    """
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as name:
        directory = Path(name)
        bare = directory / "bare"
        bare.mkdir()
        sources = (PICTURE, SOUND)
        with running_agent(directory, sources, SETTINGS.encoder, SEGMENT_SECONDS) as agent:
            meeting = agent.timetable(seconds)
            used, memory, peer = _lesson(agent, meeting, bare)
            ours = used / _recorded(agent, meeting)
    against = f"one bare ffmpeg, {peer:.3f} CPU s a second of lesson"
    return [
        Result("recording.cpu", ours / peer, "ratio", 1.10, "lower", against),
        Result("recording.memory", memory / MEGABYTE, "MB", 150, "lower", "limit for the agent"),
    ]


def _lesson(agent: RunningAgent, meeting: Meeting, bare: Path) -> tuple[float, int, float]:
    """The agent's CPU seconds and bytes of memory; the peer's CPU seconds a second of lesson."""
    process = psutil.Process(agent.pid)
    late = (meeting.ends_at - datetime.now(UTC)).total_seconds() + WAIT_SECONDS
    until = time.monotonic() + late
    before = _cpu(process)
    while not process.children():
        before = _cpu(process)
        _look_again(until, agent)
    seconds = (meeting.ends_at - datetime.now(UTC)).total_seconds()
    ffmpeg = subprocess.Popen(bare_ffmpeg.arguments(seconds, SEGMENT_SECONDS), cwd=bare)
    try:
        memory = 0
        while process.children() or datetime.now(UTC) < meeting.ends_at:
            memory = max(memory, process.memory_info().rss)
            _look_again(until, agent)
        used = _cpu(process) - before
    except BaseException:
        ffmpeg.kill()
        raise
    finally:
        _, status, peer = os.wait4(ffmpeg.pid, 0)
        ffmpeg.returncode = os.waitstatus_to_exitcode(status)
    if ffmpeg.returncode:
        raise RuntimeError("the bare ffmpeg failed; see above")
    return used, memory, (peer.ru_utime + peer.ru_stime) / seconds


def _look_again(until: float, agent: RunningAgent) -> None:
    if time.monotonic() > until:
        raise RuntimeError(f"the lesson was not recorded in its time:\n{agent.log.read_text()}")
    time.sleep(LOOK_SECONDS)


def _cpu(process: psutil.Process) -> float:
    """CPU seconds of a process and of its children that have ended."""
    used = process.cpu_times()
    return float(used.user + used.system + used.children_user + used.children_system)


def _recorded(agent: RunningAgent, meeting: Meeting) -> float:
    """Seconds of picture, from what the fleet holds when all of the take has arrived."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        with agent.database.read() as session:
            takes = recordings.recordings_of_lesson(session, meeting.lesson)
            if takes and all(take.state == "complete" for take in takes):
                return sum(
                    segment.duration or 0.0
                    for take in takes
                    for segment in repository.segments(session, take.agent_id, take.id)
                    if segment.track == PICTURE.track
                )
        _look_again(until, agent)
