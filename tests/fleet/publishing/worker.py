"""A worker process to be killed: `python -m tests.fleet.publishing.worker DIR [DATABASE_URL]`.

DIR holds the store, the databases, `takes.json` (what recordings would say), the wrapped ffmpeg
and ffprobe, and what this process writes: `published.txt`, a line for each LessonPublished.
While `hold` says `gather`, that step waits.
"""

import sys
import time
from pathlib import Path

import msgspec
from sqlalchemy.orm import Session

from fleet.db import Bus, Database
from fleet.jobs import Jobs
from fleet.publishing import PublishingOptions, compose
from fleet.publishing.events import LessonPublished
from fleet.publishing.ports import Sources
from fleet.publishing.timeline import Take
from tests.fleet.publishing.folder import Folder


def main(directory: Path, url: str, workflows: str) -> None:
    takes = msgspec.json.decode((directory / "takes.json").read_bytes(), type=list[Take])

    def say(_session: Session, event: LessonPublished) -> None:
        with (directory / "published.txt").open("a") as file:
            file.write(f"{event.lesson_id} {event.revision}\n")

    def gather(_session: Session, _lesson: str) -> list[Take]:
        hold = directory / "hold"
        if hold.exists() and hold.read_text() == "gather":
            (directory / "held").write_text("0")
            time.sleep(600)
        return takes

    bus = Bus()
    bus.on(LessonPublished, say)
    database = Database(url, bus)
    jobs = Jobs(database, workflows, poll=0.2)
    options = PublishingOptions(
        work=directory / "work",
        ffmpeg=str(directory / "ffmpeg"),
        ffprobe=str(directory / "ffprobe"),
        pauses=(0.2,),
    )
    compose(database, Folder(directory / "files"), jobs, options, Sources(gather, _auto))
    jobs.launch()
    (directory / "ready").touch()
    time.sleep(600)


def _auto(_session: Session, _lesson: str) -> str:
    return "auto"


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
