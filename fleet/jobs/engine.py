"""DBOS: set up, started, stopped, and asked."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from dbos import DBOS, DBOSConfig, SetWorkflowID
from sqlalchemy.exc import SQLAlchemyError

from fleet import traces
from fleet.db import Database, new_id
from fleet.jobs import heartbeat

log = logging.getLogger(__name__)

VERSION = "1"
"""DBOS resumes only workflows of its own application version. Raise it when the order of the
steps of a workflow changes, and not otherwise: an upgrade must finish what it finds."""

BEAT_SECONDS = 5.0
_POLL_SECONDS = 0.2
_DEAD = frozenset({"ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})

R = TypeVar("R")
Outcome = Literal["unknown", "unfinished", "succeeded", "failed"]


class Stopped(BaseException):
    """The process is shutting down; raised inside steps and waits to end them.

    Not an Exception: nothing may take it for a failure of the work, and DBOS records nothing, so
    the workflow goes on at the next start.
    """


@dataclass(frozen=True, slots=True)
class _Kind:
    function: Callable[..., None]
    at_once: int


class Jobs:
    """The workflows of this process. One a process: DBOS is a singleton.

    Workflow functions are defined before `launch`. All methods block and are thread-safe; from
    the event loop, call them through `asyncio.to_thread`. A process killed at any moment leaves
    its workflows unfinished in the database; the next one to start on the same machine, or any
    other worker after `heartbeat.LEASE`, goes on with them after their last finished step.

    Args:
        database: the fleet's, for the workers' heartbeats.
        workflows_url: SQLAlchemy URL of the database for the workflows' own state.
        poll: seconds between two looks for new work.
    """

    def __init__(self, database: Database, workflows_url: str, *, poll: float = 1.0) -> None:
        self._database = database
        self._poll = poll
        self._url = workflows_url
        self._kinds: dict[str, _Kind] = {}
        self._registered: dict[str, Callable[..., None]] = {}
        self._id = new_id()
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._patrols: list[Callable[[], None]] = []
        self._stoppers: list[Callable[[], None]] = []
        self._threads: list[threading.Thread] = []

    @property
    def worker(self) -> str:
        """Id of this process among the workers."""
        return self._id

    def define(self, name: str, function: Callable[..., None], *, at_once: int) -> None:
        """A kind of workflow, and how many of it this process runs at the same time.

        The function must do everything that is not deterministic in `step`s.
        """
        self._kinds[name] = _Kind(function, at_once)

    def patrol(self, look: Callable[[], None]) -> None:
        """Call `look` at the start, each `poll` seconds, and when woken.

        It starts what the tables say is unfinished; what it raises is logged.
        """
        self._patrols.append(look)

    def on_shutdown(self, stop: Callable[[], None]) -> None:
        """Call `stop` first thing in `shutdown`, to end children that steps wait for."""
        self._stoppers.append(stop)

    def launch(self) -> None:
        """Start DBOS and the heartbeat; unfinished workflows of dead workers go on."""
        config: DBOSConfig = {
            "name": "lectern",
            "system_database_url": self._url,
            "application_version": VERSION,
            "executor_id": self._id,
            "log_level": "WARNING",
            "enable_otlp": False,
        }
        DBOS(config=config)
        for name, kind in self._kinds.items():
            self._registered[name] = _register(name, kind.function)
        with self._database.write() as session:
            heartbeat.enter(session, self._id, datetime.now(UTC))
        DBOS.launch()
        for name, kind in self._kinds.items():
            DBOS.register_queue(
                name,
                worker_concurrency=kind.at_once,
                polling_interval_sec=_POLL_SECONDS,
                on_conflict="always_update",
            )
        self._adopt()
        for name, target in (("jobs-heartbeat", self._beat), ("jobs-patrol", self._walk)):
            thread = threading.Thread(target=target, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)
        log.info("working on %s", ", ".join(self._kinds))

    def shutdown(self) -> None:
        """Stop. Workflows that are not finished stay so, and go on at the next start."""
        self._stop.set()
        self._wake.set()
        for stop in self._stoppers:
            stop()
        for thread in self._threads:
            thread.join(timeout=10)
        DBOS.destroy(destroy_registry=True)
        try:
            with self._database.write() as session:
                heartbeat.retire(session, self._id, datetime.now(UTC))
        except SQLAlchemyError:
            log.warning("could not say goodbye to the database; the lease will run out instead")

    def start(self, name: str, workflow_id: str, *args: str | int) -> None:
        """Queue a workflow. One with this id that exists already is left as it is."""
        with SetWorkflowID(workflow_id):
            DBOS.enqueue_workflow(name, self._registered[name], *args)

    def outcome(self, workflow_id: str) -> Outcome:
        """How a workflow stands."""
        status = DBOS.get_workflow_status(workflow_id)
        if status is None:
            return "unknown"
        if status.status == "SUCCESS":
            return "succeeded"
        return "failed" if status.status in _DEAD else "unfinished"

    def step(self, name: str, function: Callable[..., R], *args: Any) -> R:
        """Inside a workflow: do this once, and remember the result, whatever dies in between.

        The function runs again when the process died before its end, so it must be idempotent.
        """
        about = f"{DBOS.workflow_id} {name}"

        def told(*given: Any) -> R:
            with traces.working(about):
                return function(*given)

        return DBOS.run_step({"name": name}, told, *args)

    def sleep(self, seconds: float) -> None:
        """Inside a workflow: wait; a restart does not begin the wait anew.

        Raises:
            Stopped: the process is shutting down.
        """
        until = self.step("wait", lambda: time.time() + seconds)
        # A clock that was set back must not make the wait longer than it was meant to be.
        while (left := min(until - time.time(), seconds)) > 0:
            if self._stop.wait(min(left, 1.0)):
                raise Stopped

    def wake(self) -> None:
        """Say that there may be new work: the patrol walks at once. Does not block."""
        self._wake.set()

    def _walk(self) -> None:
        while not self._stop.is_set():
            for look in self._patrols:
                try:
                    look()
                except Exception:  # a patrol goes on: the database may come back
                    log.exception("looking for work failed; trying again in %s s", self._poll)
            self._wake.wait(self._poll)
            self._wake.clear()

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            try:
                with self._database.write() as session:
                    if not heartbeat.beat(session, self._id, datetime.now(UTC)):
                        heartbeat.enter(session, self._id, datetime.now(UTC))
                self._adopt()
            except Exception:  # a heart goes on beating: the database may come back
                log.exception("the worker's heartbeat failed; trying again in %s s", BEAT_SECONDS)

    def _adopt(self) -> None:
        """Go on with what dead workers left.

        Two workers may do so at once: a workflow is then resumed twice, DBOS lets one of them
        record each step, and the steps are idempotent.
        """
        with self._database.read() as session:
            dead = heartbeat.dead(session, self._id, datetime.now(UTC))
        for worker in dead:
            left = DBOS.list_workflows(
                executor_id=worker, status="PENDING", load_input=False, load_output=False
            )
            for workflow in left:
                log.info("going on with %s of a worker that died", workflow.workflow_id)
                DBOS.resume_workflow(workflow.workflow_id, queue_name=workflow.queue_name)
            with self._database.write() as session:
                heartbeat.leave(session, worker)


def _register(name: str, function: Callable[..., None]) -> Callable[..., None]:
    # DBOS marks what it registers with attributes, which a bound method cannot carry.
    def workflow(*args: Any) -> None:
        function(*args)

    return DBOS.workflow(name=name)(workflow)
