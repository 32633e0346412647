"""Publishing, put together for a process that runs workflows."""

from dataclasses import dataclass
from pathlib import Path

from fleet.db import Database
from fleet.jobs import Jobs
from fleet.publishing.intake import SOURCES
from fleet.publishing.making import Maker
from fleet.publishing.media.tools import Tools
from fleet.publishing.ports import Sources
from fleet.publishing.studio import Studio
from fleet.publishing.workflow import PAUSES, SPACE_SECONDS, Publishing
from fleet.recordings.ports import FileStore


@dataclass(frozen=True, slots=True)
class PublishingOptions:
    """How publishing works here.

    Attributes:
        work: directory for unfinished files, on the file system of the file store.
        ffmpeg: name or path of the program.
        ffprobe: name or path of the program.
        time_limit: seconds after which one run of either is killed.
        reserve: bytes that publishing leaves free in the store.
        pauses: seconds between attempts.
        space_pause: seconds between two looks at a full store.
    """

    work: Path
    ffmpeg: str = "ffmpeg"
    ffprobe: str = "ffprobe"
    time_limit: float = 3600.0
    reserve: int = 0
    pauses: tuple[float, ...] = PAUSES
    space_pause: float = SPACE_SECONDS


def compose(
    database: Database,
    files: FileStore,
    jobs: Jobs,
    options: PublishingOptions,
    sources: Sources = SOURCES,
) -> Publishing:
    """Give `jobs` everything that publishing does; before `jobs.launch()`."""
    tools = Tools(options.ffmpeg, options.ffprobe, options.time_limit)
    studio = Studio(files, tools, options.work)
    maker = Maker(database, files, studio, sources, options.reserve)
    return Publishing(
        database, jobs, maker, tools, pauses=options.pauses, space_pause=options.space_pause
    )
