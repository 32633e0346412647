"""Broker, fleet and one room's agent, each in a process of its own as in production."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import fleet.app
from benchmarks.fleet_process import server
from edge_agent.link.enrol import enrol
from edge_agent.room.model import Source
from fleet.adapters import mosquitto
from fleet.adapters.mosquitto import BrokerPlan
from fleet.classrooms import enrolment
from fleet.classrooms import service as classrooms
from fleet.db import Database
from fleet.settings import FleetSettings
from standalone import sample
from standalone.children import free_port
from standalone.sample import Meeting, Sample

_CONNECT_SECONDS = 30.0
_STOP_SECONDS = 15.0
_AHEAD_SECONDS = 1.5
_ROOM = """\
[agent]
data = {data}
[fleet]
mqtt_host = "localhost"
mqtt_port = {mqtt_port}
http_url = {url}
[recording]
encoder = {encoder}
segment_seconds = {segment_seconds}
low_disk_bytes = 0
full_disk_bytes = 0
[panel]
enabled = false
[watching]
enabled = false
"""
_SOURCE = """\
[[source]]
name = {name}
kind = {kind}
track = {track}
driver = {driver}
"""


@dataclass(frozen=True, slots=True)
class RunningAgent:
    """An agent that is connected to its fleet.

    Attributes:
        pid: of the agent; ffmpeg's are its children.
        database: the fleet's.
        sample: its room and a course to timetable.
        log: what the agent has to say.
    """

    pid: int
    database: Database
    sample: Sample
    log: Path

    def timetable(self, seconds: float) -> Meeting:
        """Put a lesson of `seconds` that begins in a moment into the room's timetable."""
        with self.database.write() as session:
            now = datetime.now(UTC)
            return sample.timetable_lesson(session, self.sample, now, _AHEAD_SECONDS, seconds)


@contextmanager
def running_agent(
    directory: Path, sources: Sequence[Source], encoder: str, segment_seconds: float
) -> Iterator[RunningAgent]:
    """Run `edge-agent run` with test sources below `directory`, and what it is the agent of.

    Raises:
        RuntimeError: a part does not start; the text has its output.
    """
    web, mqtt = free_port(18080), free_port(18883)
    settings = FleetSettings(
        data_dir=directory / "fleet", listen_port=web, mqtt_port=mqtt, low_disk_bytes=0
    )
    told = settings.model_dump(include={"data_dir", "listen_port", "mqtt_port", "low_disk_bytes"})
    environment = {f"LECTERN_{key}".upper(): str(value) for key, value in told.items()}
    built = fleet.app.build(settings)
    try:
        broker = broker_command(built, mqtt)
        serve = [sys.executable, "-m", "fleet", "serve"]
        with (
            server(broker, directory / "broker.log", mqtt),
            server(serve, directory / "fleet.log", web, {**os.environ, **environment}),
        ):
            room = _enrolled(built.database, directory / "room", settings.url)
            config = directory / "room.toml"
            config.write_text(
                _ROOM.format(
                    data=json.dumps(str(directory / "room")),
                    mqtt_port=mqtt,
                    url=json.dumps(settings.url),
                    encoder=json.dumps(encoder),
                    segment_seconds=segment_seconds,
                )
                + "".join(map(_source, sources))
            )
            with _agent(config, directory / "agent.log", built.database, room.room) as pid:
                yield RunningAgent(pid, built.database, room, directory / "agent.log")
    finally:
        built.database.close()


def _source(source: Source) -> str:
    """A `[[source]]` of room.toml; a JSON string is a TOML one."""
    words = {key: json.dumps(getattr(source, key)) for key in ("name", "kind", "track", "driver")}
    size = 'size = "{}x{}"\n'.format(*source.size) if source.size else ""
    rate = f"rate = {source.rate}\n" if source.rate else ""
    return _SOURCE.format(**words) + size + rate


def broker_command(built: fleet.app.Fleet, port: int) -> list[str]:
    """How to start a broker for a fleet: it writes its configuration first."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise RuntimeError("mosquitto is not installed: run `make setup`")
    plan = BrokerPlan(port, "127.0.0.1", mosquitto.current_user())
    return [
        program,
        "-c",
        str(fleet.app.write_broker_config(built, built.settings.broker_dir, plan)),
    ]


def _enrolled(database: Database, data: Path, url: str) -> Sample:
    now = datetime.now(UTC)
    with database.write() as session:
        room = sample.prepare(session, now)
        claim = enrolment.issue_claim(session, room.room, now)
    asyncio.run(enrol(data, url, claim))
    return room


@contextmanager
def _agent(config: Path, log: Path, database: Database, room: str) -> Iterator[int]:
    command = [sys.executable, "-m", "edge_agent", "run", "--config", str(config)]
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + _CONNECT_SECONDS
        while _presence(database, room) != "ready":
            if child.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the agent does not connect:\n{log.read_text()}")
            time.sleep(0.1)
        yield child.pid
    finally:
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _presence(database: Database, room: str) -> str:
    with database.read() as session:
        states = {state.room.id: state.presence for state in classrooms.room_states(session)}
    return states.get(room, "none")
