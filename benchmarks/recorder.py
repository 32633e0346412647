"""What the recorder alone costs beyond the encoding: the quick look at `recording`.

The recorder with its two children (picture and sound) against one bare ffmpeg with the same
sources, encoders and segments, both at the same time. Without the agent's journal, link and
uploads, which `recording` has and which need a fleet.
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

from benchmarks import bare_ffmpeg
from benchmarks.bare_ffmpeg import PICTURE, SETTINGS, SOUND
from benchmarks.result import Result
from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.ports.recorder import ClosedSegment, TakeOrder

SECONDS: Final = 12.0
SEGMENT_SECONDS: Final = 4.0
MEGABYTE: Final = 1_000_000


def run(seconds: float = SECONDS) -> list[Result]:
    """CPU ratio and memory."""
    told = _round(seconds)
    ratio = told["ours"] / told["bare"]
    against = f"one bare ffmpeg, {told['bare']:.3f} CPU s a second of lesson"
    return [
        Result("recorder.cpu", ratio, "ratio", 1.10, "lower", against),
        Result("recorder.memory", told["memory"], "MB", 150, "lower", "limit for the agent"),
    ]


def _round(seconds: float) -> dict[str, float]:
    """CPU seconds a second of lesson of either side, and the recorder's memory in MB."""
    with tempfile.TemporaryDirectory(prefix="lectern-") as directory:
        ours, bare = Path(directory, "ours"), Path(directory, "bare")
        ours.mkdir()
        bare.mkdir()
        command = [sys.executable, "-m", "benchmarks.recorder", str(ours), str(seconds)]
        recorder = subprocess.Popen(command, stdout=subprocess.PIPE)
        ffmpeg = subprocess.Popen(bare_ffmpeg.arguments(seconds, SEGMENT_SECONDS), cwd=bare)
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
    return {"ours": cpu, "memory": _peak() / MEGABYTE}


def _peak() -> int:
    """The most bytes of memory this process has had. `ru_maxrss` counts its parent's as well."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def _children() -> float:
    """CPU seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_record(Path(sys.argv[1]), float(sys.argv[2])))))
