"""What recording costs beyond the encoding itself.

The recorder with its two children (picture and sound) against one bare ffmpeg, which a user would
start by hand: the same sources, encoders and segments, both at the same time, so that whatever
else the machine does meets both. CPU seconds of recorder and children are divided by the seconds
of picture on the disk. Memory is that of a process which has imported the whole agent and records.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.result import Result
from edge_agent.capture.encoders import SOFTWARE
from edge_agent.capture.inputs import opened
from edge_agent.capture.plan import FRAGMENTED, coding, words
from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.capture.settings import CaptureSettings
from edge_agent.ports.recorder import ClosedSegment, TakeOrder
from edge_agent.room.model import Source

PICTURE: Final = Source("p", "screen", "presentation", "test", "", size=(1280, 720), rate=30)
SOUND: Final = Source("m", "microphone", "audio", "test", "")
SEGMENT_SECONDS: Final = 4.0
SETTINGS: Final = CaptureSettings(encoder="libx264")
MEGABYTE: Final = 1_000_000


def run(quick: bool) -> list[Result]:
    """CPU ratio and memory; 20 s when `quick`, else two minutes."""
    seconds, rounds = (15.0, 1) if quick else (35.0, 3)
    told = [_round(seconds) for _ in range(rounds)]
    ratio = sum(each["ours"] for each in told) / sum(each["bare"] for each in told)
    bare = sum(each["bare"] for each in told) / rounds
    memory = max(each["memory"] for each in told)
    against = f"one bare ffmpeg, {bare:.3f} CPU s a second of lesson"
    return [
        Result("recording.cpu", ratio, "ratio", 1.10, "lower", against),
        Result("recording.memory", memory, "MB", 150, "lower", "limit for the agent's process"),
    ]


def bare_arguments(seconds: float) -> list[str]:
    """One ffmpeg that records both sources into segments, with no recorder around it."""
    head = [SETTINGS.ffmpeg, "-nostdin", "-hide_banner", "-nostats", "-loglevel", "warning"]
    entrances = [*words(opened(PICTURE)), *words(opened(SOUND))]
    inner = ":".join(f"{key}={value}" for key, value in FRAGMENTED)
    segments = ["-t", f"{seconds:g}", "-f", "segment", "-segment_time", f"{SEGMENT_SECONDS:g}"]
    segments += ["-segment_format", "mp4", "-reset_timestamps", "1"]
    segments += ["-segment_format_options", inner]
    outputs: list[str] = []
    for number, source in enumerate((PICTURE, SOUND)):
        coded = coding(source, SEGMENT_SECONDS, SETTINGS, SOFTWARE)
        mapped = [word.replace("0:", f"{number}:", 1) if ":0" in word else word for word in coded]
        outputs += [*mapped, *segments, f"{source.track}-%05d.mp4"]
    return [*head, *entrances, *outputs]


def _round(seconds: float) -> dict[str, float]:
    """CPU seconds a second of lesson of either side, and the recorder's memory in MB."""
    with tempfile.TemporaryDirectory(prefix="lectern-") as directory:
        ours, bare = Path(directory, "ours"), Path(directory, "bare")
        ours.mkdir()
        bare.mkdir()
        command = [sys.executable, "-m", "benchmarks.recording", str(ours), str(seconds)]
        recorder = subprocess.Popen(command, stdout=subprocess.PIPE)
        ffmpeg = subprocess.Popen(bare_arguments(seconds), cwd=bare)
        _, status, used = os.wait4(ffmpeg.pid, 0)
        ffmpeg.returncode = os.waitstatus_to_exitcode(status)
        output, _ = recorder.communicate(timeout=seconds + 60)
    if ffmpeg.returncode or recorder.returncode:
        raise RuntimeError("a side of the benchmark failed; see above")
    told: dict[str, float] = json.loads(output)
    told["bare"] = (used.ru_utime + used.ru_stime) / seconds
    return told


async def _record(directory: Path, seconds: float) -> dict[str, float]:
    import edge_agent.app  # noqa: F401, PLC0415 - its memory is the agent's

    recorder = FfmpegRecorder(SETTINGS)
    own, children = time.process_time(), _children()
    order = TakeOrder("t", directory, (PICTURE, SOUND), SEGMENT_SECONDS, time.monotonic())
    await recorder.start(order)
    await asyncio.sleep(seconds)
    await recorder.stop()
    recorded = sum(
        [
            event.duration
            async for event in recorder.events()
            if isinstance(event, ClosedSegment) and event.track == PICTURE.track
        ]
    )
    cpu = (time.process_time() - own + _children() - children) / recorded
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"ours": cpu, "memory": peak / MEGABYTE}


def _children() -> float:
    """CPU seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_record(Path(sys.argv[1]), float(sys.argv[2])))))
