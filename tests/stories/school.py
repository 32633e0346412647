"""One fleet, one broker and one classroom PC, each a process that may be killed.

They are started as an operator starts them: `fleet broker-config`, mosquitto, `fleet serve`,
`edge-agent enrol`, `edge-agent run`. Room, course and lesson are put in by the services behind
the pages.
"""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from fleet.classrooms import enrolment
from fleet.classrooms import service as classrooms
from fleet.courses import service as courses
from fleet.db import Bus, Database
from fleet.errors import NotFound
from fleet.orgs import service as orgs
from fleet.recordings import service as recordings
from fleet.recordings.views import TakeView
from tests.devices import playback
from tests.servers.child import Child, Children
from tests.servers.mosquitto import Broker
from tests.servers.ports import free_port, wait_until_open

Source = Mapping[str, Any]

AHEAD_SECONDS = 3.0
ONE_PICTURE = 0.25
"""Between the last picture's time and its end, and what a packet's rounding may take."""
LATE_SECONDS = 6.0
"""How late a source may give its first picture on a machine that does much else at once."""
SCALE = {
    "LECTERN_WORKER_POLL_SECONDS": "0.2",
    "LECTERN_DESIRED_SECONDS": "0.2",
    "LECTERN_TAKE_GRACE_SECONDS": "5",
    "LECTERN_LOW_DISK_BYTES": "1000000",
}
"""Waiting times of the fleet, shorter than a test's patience."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A timetabled lesson."""

    lesson: str
    starts_at: datetime
    ends_at: datetime


class School:
    """See the module. Nothing runs until `open`."""

    def __init__(self, children: Children, directory: Path) -> None:
        self.children = children
        self.directory = directory
        self.web_port, self.mqtt_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.fleet_data = directory / "fleet"
        self.room_data = directory / "room"
        self.room_toml = directory / "room.toml"
        self.fleet_env = {
            "LECTERN_DATA_DIR": str(self.fleet_data),
            "LECTERN_LISTEN_PORT": str(self.web_port),
            "LECTERN_MQTT_PORT": str(self.mqtt_port),
            **SCALE,
        }
        self.agent_env: dict[str, str] = {}
        self.room = ""
        self._parts: dict[str, Child] = {}
        self._broker: Broker | None = None
        self._database: Database | None = None

    def open(
        self,
        sources: Sequence[Source],
        devices: Sequence[Mapping[str, Any]] = (),
        **sections: Mapping[str, Any],
    ) -> None:
        """Start broker and fleet, enrol the classroom's PC, and wait until its agent is there.

        `sections` overlay those of room.toml.
        """
        self.configure(sources, devices, **sections)
        config = self.fleet_command("broker-config", "--bind", "127.0.0.1").split("-c ")[-1].strip()
        self._broker = Broker(self.children, Path(config), self.mqtt_port)
        self._broker.start()
        self.start_fleet()
        with self.database.write() as session:
            unit = orgs.root(session).id
            self.room = classrooms.add_room(session, unit_id=unit, name="Room 1").id
            claim = enrolment.issue_claim(session, self.room, datetime.now(UTC))
        self._run(
            [sys.executable, "-m", "edge_agent", "enrol", "--config", str(self.room_toml),
             "--fleet", self.url],
            {"LECTERN_CLAIM": claim},
        )  # fmt: skip
        self.start_agent()
        self.wait(self.is_present, 20, "the agent is present")

    def configure(
        self,
        sources: Sequence[Source],
        devices: Sequence[Mapping[str, Any]] = (),
        **sections: Mapping[str, Any],
    ) -> None:
        """Write room.toml."""
        content: dict[str, dict[str, Any]] = {
            "agent": {"data": str(self.room_data), "health_seconds": 5.0},
            "recording": {"segment_seconds": 3.0, "low_disk_bytes": 2, "full_disk_bytes": 1},
            "upload": {"backoff_seconds": 2.0},
            "mqtt": {"reconnect_seconds": 2.0, "resend_seconds": 3.0, "will_delay_seconds": 2},
            "panel": {"port": free_port()},
        }
        for name, section in sections.items():
            content.setdefault(name, {}).update(section)
        lines = []
        for name, section in content.items():
            lines += [
                f"[{name}]",
                *(f"{key} = {json.dumps(value)}" for key, value in section.items()),
            ]
        for kind, tables in (("source", sources), ("device", devices)):
            for table in tables:
                lines += [f"[[{kind}]]", *(f"{key} = {_toml(v)}" for key, v in table.items())]
        self.room_toml.write_text("\n".join(lines) + "\n")

    def start_fleet(self) -> None:
        """`fleet serve`, ready to take in."""
        self._start("fleet", ["-m", "fleet", "serve"], self.fleet_env)
        wait_until_open(self.web_port, 30)
        self.wait(self._fleet_is_ready, 30, "the fleet is ready")

    def start_agent(self) -> None:
        """`edge-agent run`."""
        words = ["-m", "edge_agent", "run", "--config", str(self.room_toml)]
        self._start("agent", words, self.agent_env)

    def kill(self, part: str) -> None:
        """`kill -9` of `fleet` or `agent`."""
        self._parts[part].kill()

    def stop(self, part: str) -> int:
        """SIGTERM; the exit status."""
        return self._parts[part].stop(30)

    @property
    def broker(self) -> Broker:
        """The running Mosquitto."""
        assert self._broker is not None
        return self._broker

    def log(self, part: str) -> str:
        """What `fleet` or `agent` has said over all its starts."""
        return self._parts[part].log.read_text(errors="replace")

    def kill_agent_when(self, state: str, seconds: float) -> datetime:
        """`kill -9` of the agent as soon as its journal says that a take is in `state`.

        Returns:
            When.
        """
        until = time.monotonic() + seconds
        with closing(self._journal()) as journal:
            # No pause: `starting` and `stopping` last a few hundredths of a second.
            while not list(journal.execute("SELECT 1 FROM takes WHERE state = ?", (state,))):
                assert time.monotonic() < until, f"no take was ever {state}:\n{self.log('agent')}"
        killed_at = datetime.now(UTC)
        self.kill("agent")
        return killed_at

    def everything_is_acknowledged(self) -> bool:
        """Whether the agent's outbox is empty."""
        with closing(self._journal()) as journal:
            return not list(journal.execute("SELECT 1 FROM outbox LIMIT 1"))

    def _journal(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.room_data / 'journal.sqlite'}?mode=ro", uri=True)

    def child(self, part: str) -> Child:
        """The process that `fleet` or `agent` is now."""
        return self._parts[part]

    def close(self) -> None:
        """Give back what this process holds; the children end with their fixture."""
        if self._database:
            self._database.close()

    def timetable(
        self, seconds: float, ahead: float = AHEAD_SECONDS, after: Meeting | None = None
    ) -> Meeting:
        """A lesson that begins `ahead` seconds from now (negative: it should be on already).

        With `after`, it begins by the bell of that one.
        """
        now = datetime.now(UTC)
        starts_at = after.ends_at if after else now + timedelta(seconds=ahead)
        ends_at = starts_at + timedelta(seconds=seconds)
        with self.database.write() as session:
            try:
                course = courses.course_by_slug(session, "story")
            except NotFound:
                course = courses.add_course(session, title="Story", slug="story", now=now)
            lesson = courses.add_lesson(
                session, course.id, self.room, "Lesson", starts_at, ends_at, now=now
            )
        return Meeting(lesson.id, starts_at, ends_at)

    def until(self, moment: datetime, plus: float = 0.0) -> None:
        """Sleep until `plus` seconds after `moment`."""
        left = (moment - datetime.now(UTC)).total_seconds() + plus
        time.sleep(max(0.0, left))

    def published(self, meeting: Meeting, seconds: float = 45) -> dict[str, Any]:
        """The media of the lesson, `GET /api/v1/lessons/{id}/media`, once it is published.

        `seconds` count from the bell or from now, whichever is later.
        """
        self.until(meeting.ends_at)
        found: list[dict[str, Any]] = []

        def look() -> bool:
            try:
                answer = httpx.get(f"{self.url}/api/v1/lessons/{meeting.lesson}/media", timeout=10)
            except httpx.TransportError:
                return False
            if answer.status_code == httpx.codes.OK:
                found.append(answer.json())
            return bool(found)

        self.wait(look, seconds, "the lesson is published")
        return found[0]

    def media(self, published: Mapping[str, Any], name: str) -> str:
        """The address of a published file, as ffmpeg plays it."""
        for file in published["files"]:
            if file["name"] == name:
                return self.url + file["url"]
        raise AssertionError(f"no {name} among {[file['name'] for file in published['files']]}")

    def plays(
        self, meeting: Meeting, published: Mapping[str, Any], name: str = "presenter.mp4"
    ) -> float:
        """Decode a published picture; fail the test unless all that was recorded of it is there.

        Returns:
            Its last picture's time.
        """
        track = name.removesuffix(".mp4")
        at = end = 0.0
        for take in self.takes(meeting):
            first = min(each.start for part in take.tracks for each in part.segments)
            ends = {
                part.name: max(each.start + each.duration for each in part.segments) - first
                for part in take.tracks
                if part.segments
            }
            end = at + ends[track] if track in ends else end
            at += max(ends.values())
        seen = playback.decode_video(self.media(published, name))
        assert seen.first < 1
        assert seen.last > end - ONE_PICTURE
        return seen.last

    def takes(self, meeting: Meeting) -> list[TakeView]:
        """What the fleet holds of the lesson."""
        with self.database.read() as session:
            return recordings.takes_of_lesson(session, meeting.lesson)

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Bodies of the room's events of a type, oldest first."""
        return [body for _, body in self.history(kind)]

    def history(self, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
        """Types and bodies of the room's events of some types, oldest first."""
        with self.database.read() as session:
            rows = classrooms.events(session, self.room, 1000)
        return [(row.type, row.body) for row in reversed(rows) if row.type in kinds]

    @property
    def database(self) -> Database:
        """The fleet's database."""
        if self._database is None:
            self._database = Database(f"sqlite:///{self.fleet_data / 'fleet.sqlite'}", Bus())
        return self._database

    def is_present(self) -> bool:
        """Whether the fleet sees the room's agent."""
        with self.database.read() as session:
            states = classrooms.room_states(session)
        return any(state.room.id == self.room and state.presence == "ready" for state in states)

    def wait(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait for a condition; fail the test with both logs when it does not come."""
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                logs = "\n".join(f"--- {part}:\n{self.log(part)[-4000:]}" for part in self._parts)
                raise AssertionError(f"not within {seconds} s: {what}\n{logs}")
            time.sleep(0.05)

    def _fleet_is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=5).is_success
        except httpx.TransportError:
            return False

    def fleet_command(self, *words: str) -> str:
        """The output of a `fleet` command."""
        return self._run([sys.executable, "-m", "fleet", *words], self.fleet_env)

    def _start(self, part: str, words: Sequence[str], env: Mapping[str, str]) -> None:
        self._parts[part] = self.children.start([sys.executable, *words], name=part, env=env)

    def _run(self, argv: Sequence[str], env: Mapping[str, str]) -> str:
        done = subprocess.run(
            argv, env={**os.environ, **env}, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{argv}: {done.stdout}\n{done.stderr}"
        return done.stdout.strip()


def _toml(value: object) -> str:
    """A value as TOML has it within one line; a JSON string is a TOML one."""
    match value:
        case Mapping():
            pairs = ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items())
            return f"{{{pairs}}}"
        case list() | tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case Path():
            return json.dumps(str(value))
        case _:
            return json.dumps(value)
