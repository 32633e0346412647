"""From a recorded lesson to a published one: durable workflows, and who starts them.

The tables say what has to be done; workflows do it. Whatever dies between the two is found again:
every process that runs workflows starts what the tables call unfinished, and a workflow that is
started twice runs once.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from fleet.db import Database
from fleet.jobs import Jobs
from fleet.publishing import repository
from fleet.publishing.making import Maker, NoMedia
from fleet.publishing.media.tools import ToolFailed, Tools
from fleet.publishing.models import Publication, Reason

log = logging.getLogger(__name__)

PAUSES = (5.0, 30.0, 120.0, 600.0)
"""Seconds before each further attempt; after the last one a person is asked."""

SPACE_SECONDS = 60.0
KEPT = timedelta(days=1)
"""A replaced revision keeps its files this long, for those who are watching it."""

_FAULTS = (ToolFailed, OSError, SQLAlchemyError)
_ADVICE = "see the worker's log, then press Process again"


class Publishing:
    """The workflows `publish` and `renditions`, and the patrol that starts them.

    Made before `jobs.launch()`; nothing else has to be started or stopped.

    Args:
        database: the fleet's.
        jobs: where workflows run.
        maker: does the steps.
        tools: killed when the jobs shut down.
        pauses: seconds between attempts.
        space_pause: seconds between two looks at a full store.
    """

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        maker: Maker,
        tools: Tools,
        *,
        pauses: tuple[float, ...] = PAUSES,
        space_pause: float = SPACE_SECONDS,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._maker = maker
        self._pauses = pauses
        self._space_pause = space_pause
        self._started: dict[str, tuple[str, int]] = {}
        jobs.define("publish", self._publish, at_once=2)
        jobs.define("renditions", self._renditions, at_once=1)
        jobs.patrol(self._patrol)
        jobs.on_shutdown(tools.stop)

    def _publish(self, lesson: str, revision: int) -> None:
        self._persevere(lesson, revision, lambda: self._make_playable(lesson, revision))
        # The low-bitrate copies follow as soon as the table says that they are due.
        self._jobs.wake()

    def _make_playable(self, lesson: str, revision: int) -> None:
        step, maker = self._jobs.step, self._maker
        plan = step("gather", maker.gather, lesson, revision)
        while not step("space", maker.space, lesson, revision, plan):
            self._jobs.sleep(self._space_pause)
        step("join", maker.join, lesson, revision, plan)
        step("package", maker.package, lesson, revision, plan)
        step("poster", maker.poster, lesson, revision, plan)
        step("publish", maker.publish, lesson, revision, plan)
        log.info("lesson %s: edition %d is made", lesson, revision)

    def _renditions(self, lesson: str, revision: int) -> None:
        self._persevere(lesson, revision, lambda: self._make_low(lesson, revision))

    def _make_low(self, lesson: str, revision: int) -> None:
        self._jobs.step("renditions", self._maker.renditions, lesson, revision)
        self._jobs.step("offer", self._maker.offer, lesson, revision)
        log.info("lesson %s: edition %d has its copies for thin links", lesson, revision)

    def _persevere(self, lesson: str, revision: int, work: Callable[[], None]) -> None:
        """Do it, again after each pause, and then say that it failed."""
        step, maker = self._jobs.step, self._maker
        for pause in (*self._pauses, None):
            try:
                work()
            except NoMedia as error:
                step("give up", maker.give_up, lesson, revision, "no_media", str(error))
            except _FAULTS as error:
                reason: Reason = "media" if isinstance(error, ToolFailed) else "storage"
                log.warning("publishing lesson %s failed: %s", lesson, error)
                if pause is not None:
                    text = f"{error}; trying again in {pause:.0f} s"
                    step("note", maker.note, lesson, revision, reason, text)
                    self._jobs.sleep(pause)
                    continue
                step("give up", maker.give_up, lesson, revision, reason, f"{error}; {_ADVICE}")
            return

    def _patrol(self) -> None:
        """Start what the tables say is unfinished, and see to what nobody else would."""
        with self._database.read() as session:
            due = {row.workflow: row for row in repository.unfinished(session)}
            low = {row.low_workflow: row for row in repository.without_low(session)}
            old = repository.superseded_before(session, datetime.now(UTC) - KEPT)
        self._start("publish", due)
        self._start("renditions", low)
        for workflow in [key for key in self._started if key not in due and key not in low]:
            del self._started[workflow]
        for row in old:
            self._maker.discard(row.id)

    def _start(self, kind: str, rows: dict[str, Publication]) -> None:
        for workflow, row in rows.items():
            if workflow not in self._started:
                self._jobs.start(kind, workflow, row.lesson_id, row.revision)
                log.info("lesson %s: %s of edition %d", row.lesson_id, kind, row.revision)
                self._started[workflow] = (row.lesson_id, row.revision)
            elif self._jobs.outcome(workflow) in {"failed", "succeeded"}:
                self._abandon(workflow, row)

    def _abandon(self, workflow: str, row: Publication) -> None:
        """A workflow has ended without saying so in the table: a defect, or endless crashes."""
        with self._database.read() as session:
            now = session.get_one(Publication, row.id)
            if workflow not in {
                now.workflow if now.state in repository.UNFINISHED else "",
                now.low_workflow if now.low == "due" else "",
            }:
                return  # it has just finished
        log.error("workflow %s ended without a result", workflow)
        self._maker.give_up(row.lesson_id, row.revision, "internal", f"it stopped; {_ADVICE}")
