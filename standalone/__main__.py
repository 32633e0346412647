"""`python -m standalone`: see `--help`."""

import asyncio
import contextlib
import fcntl
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from standalone.app import ended_by_sigterm, follow, lectern, timetable
from standalone.children import free_port, is_taken
from standalone.errors import Failed
from standalone.house import House
from standalone.lesson import Say
from standalone.report import Report

WEB_PORT, MQTT_PORT, PANEL_PORT, NEIGHBOUR_PORT = 8080, 8883, 8090, 8091
SHORTEST_SEGMENT, LONGEST_SEGMENT = 2.0, 60.0


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("lectern-data"),
    show_default=True,
    help="Where everything is kept. The next start goes on with it.",
)
@click.option("--once", is_flag=True, help="End when the sample lesson is published and plays.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON on stdout.")
@click.option(
    "--lesson-seconds",
    type=click.FloatRange(5, 4 * 3600),
    default=20,
    show_default=True,
    help="Length of the sample lesson.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="Of the web pages.  [default: 8080]")
def main(data: Path, once: bool, as_json: bool, lesson_seconds: float, port: int | None) -> None:
    """Run a broker, a fleet and one simulated classroom, and publish a sample lesson.

    A real Mosquitto, the fleet and the agent as production runs them; only the classroom's
    camera, screen and microphone are drawn by ffmpeg. Ctrl-C ends all of it; the data stays.
    """
    if port and is_taken(port):
        raise click.ClickException(f"port {port} is taken; choose another one with --port")
    ports = port or free_port(WEB_PORT), free_port(MQTT_PORT), free_port(PANEL_PORT)
    house = House(data.absolute(), *ports, 0 if once else free_port(NEIGHBOUR_PORT))
    with _alone(house.data):
        _log_to(house.log)
        say = _printer(to_stderr=as_json)
        try:
            report = asyncio.run(_run(house, say, lesson_seconds, once=once))
        except Failed as failure:
            raise click.ClickException(f"{failure}\nThe log is {house.log}") from None
        except KeyboardInterrupt:
            report = None
        except asyncio.CancelledError:  # SIGTERM
            sys.exit(143)
    if report is None:
        click.echo(f"Everything has ended. The data is in {house.data}", err=as_json)
        sys.exit(130 if once else 0)
    if as_json:
        click.echo(json.dumps(asdict(report)))


async def _run(house: House, say: Say, lesson_seconds: float, *, once: bool) -> Report:
    say("data", str(house.data))
    segment = min(max(lesson_seconds / 4, SHORTEST_SEGMENT), LONGEST_SEGMENT)
    with ended_by_sigterm():
        async with lectern(house, say, segment_seconds=segment) as running:
            meeting = await timetable(running, lesson_seconds)
            report = await follow(running, meeting, lesson_seconds)
            if not once:
                say("ready", "the classroom keeps its timetable; Ctrl-C ends everything")
                await asyncio.Event().wait()
            return report


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold the data directory: two of us writing into one would harm it."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "lock").open("a+")
    except OSError as error:
        raise click.ClickException(f"--data {data}: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(
                f"{data} is in use by another Lectern; end that one, or give another --data"
            ) from None
        yield


def _log_to(path: Path) -> None:
    """Everything into a file; the terminal is for the story and for what needs a person."""
    file = logging.FileHandler(path, encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[file], force=True)
    for chatty in ("httpx", "httpcore", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _printer(*, to_stderr: bool) -> Say:
    def say(what: str, text: str) -> None:
        click.echo(f"  {what:<11}{text}", err=to_stderr)

    return say


if __name__ == "__main__":
    main()
