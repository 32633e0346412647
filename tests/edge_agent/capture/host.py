"""A program that records until it is killed: the agent as far as the recorder is concerned.

Arguments: the take's directory, seconds a segment, and a JSON list of sources. Prints a line of
JSON for its zero on the monotonic clock and for each event.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from edge_agent.capture.recorder import FfmpegRecorder
from edge_agent.capture.settings import CaptureSettings
from edge_agent.ports.recorder import TakeOrder
from edge_agent.room.model import Source


def say(what, **facts):
    sys.stdout.write(json.dumps({"what": what, **facts}, default=str) + "\n")
    sys.stdout.flush()


async def main():
    sources = [
        Source(**{key: tuple(v) if isinstance(v, list) else v for key, v in each.items()})
        for each in json.loads(sys.argv[3])
    ]
    recorder = FfmpegRecorder(CaptureSettings(encoder="libx264"))
    began = time.monotonic()
    say("began", at=began)
    await recorder.start(TakeOrder("take", Path(sys.argv[1]), sources, float(sys.argv[2]), began))
    async for event in recorder.events():
        say(type(event).__name__, **asdict(event))


asyncio.run(main())
