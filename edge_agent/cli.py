"""The `edge-agent` command."""

import asyncio
import logging
import os
import signal
import sqlite3
import sys
from collections.abc import Coroutine
from pathlib import Path

import click

import edge_agent
from edge_agent import settings as room_settings
from edge_agent.commands import discover, profile, room
from edge_agent.errors import EdgeError, Refused
from edge_agent.logs import FOLDER, configure
from edge_agent.room.model import Source
from edge_agent.settings import RoomSettings

logger = logging.getLogger(__name__)

AGAIN = 75
"""EX_TEMPFAIL of sysexits.h."""

_CONFIG = click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("room.toml"),
    show_default=True,
    help="The room's configuration; docs/guides/room.example.toml explains every key.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(edge_agent.__version__, prog_name="edge-agent")
def main() -> None:
    """Records the lessons of one classroom and reports to the fleet.

    \b
    1. edge-agent room new --template generic        then fill in room.toml
    2. edge-agent room check                         do the devices answer?
    3. edge-agent check                              do camera and microphone work?
    4. edge-agent enrol --fleet https://fleet.example
    5. edge-agent run
    """  # noqa: D301 - click's mark for "do not wrap"


@main.command()
@_CONFIG
@click.option("--json-logs", is_flag=True, help="Log a JSON object a line instead of text.")
def run(config: Path, *, json_logs: bool) -> None:
    """Record by the timetable and upload, until SIGTERM or Ctrl-C.

    Exit status 75: the fleet wants the agent started again, which is its service manager's part.
    """
    settings = _load(config)
    try:
        configure(settings.agent.log_level, as_json=json_logs, folder=settings.agent.data / FOLDER)
    except OSError as error:
        raise click.ClickException(f"the log cannot be written: {error}") from error
    if _finish(_run_until_signalled(settings)):
        # Every service manager that starts a service again after a failure starts it now.
        sys.exit(AGAIN)


@main.command()
@_CONFIG
@click.option(
    "--thumbnails",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("edge-agent-check"),
    show_default=True,
    help="Where a picture of each camera and screen is put.",
)
def check(config: Path, thumbnails: Path) -> None:
    """Open each source for two seconds and say what it gives. Exit status 1 if one fails."""
    settings = _load(config)
    try:
        sources = settings.sources
    except EdgeError as error:
        raise click.ClickException(str(error)) from error
    if not sources:
        raise click.ClickException(f"{config}: there is no [[source]] to check; add one")
    thumbnails.mkdir(parents=True, exist_ok=True)
    failed = [s.name for s in sources if not _checked(s, thumbnails, settings.recording.ffmpeg)]
    if failed:
        click.echo(f"{len(failed)} of {len(sources)} sources failed: {', '.join(failed)}", err=True)
        sys.exit(1)


@main.command()
@_CONFIG
@click.option("--fleet", required=True, metavar="URL", help="The fleet, e.g. https://fleet.example")
@click.option(
    "--claim-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File with the claim token. Without it: LECTERN_CLAIM, or standard input.",
)
@click.option(
    "--ca",
    "authority",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="PEM file of the fleet's authority, to trust it at first contact.",
)
def enrol(config: Path, fleet: str, claim_file: Path | None, authority: Path | None) -> None:
    """Make this PC the agent of a room, with the claim token the fleet's staff gave out.

    The token is never an argument: other users of the PC could read it there.
    """
    from edge_agent.link import enrol as enrolment  # noqa: PLC0415 - `--help` needs no TLS

    settings = _load(config)
    claim = _claim(claim_file)
    task = enrolment.enrol(settings.agent.data, fleet, claim, authority=authority)
    try:
        identity = asyncio.run(task)
    except Refused as error:
        raise click.ClickException(
            f"{error}\nAsk the fleet's staff for a new claim token; each works once."
        ) from error
    except EdgeError as error:
        raise click.ClickException(
            f"{error}\nCheck the address and the network; --ca FILE trusts the fleet's authority."
        ) from error
    click.echo(f"This PC is agent {identity.agent} now; its identity is in {identity.directory}.")
    click.echo(f"Next: edge-agent run --config {config}")


main.add_command(discover.command)
main.add_command(profile.group)
main.add_command(room.group)


def _load(config: Path) -> RoomSettings:
    try:
        return room_settings.load(config)
    except EdgeError as error:
        raise click.ClickException(str(error)) from error


def _claim(claim_file: Path | None) -> str:
    if claim_file is not None:
        claim = claim_file.read_text(encoding="utf-8")
    elif "LECTERN_CLAIM" in os.environ:
        claim = os.environ["LECTERN_CLAIM"]
    elif sys.stdin.isatty():
        claim = click.prompt("Claim token", hide_input=True)
    else:
        claim = sys.stdin.readline()
    if not claim.strip():
        raise click.ClickException(
            "no claim token: give --claim-file FILE, set LECTERN_CLAIM, or write it to stdin"
        )
    return claim.strip()


def _checked(source: Source, thumbnails: Path, ffmpeg: str) -> bool:
    from edge_agent.capture.check import check as look  # noqa: PLC0415 - only here

    picture = None if source.is_audio else thumbnails / f"{source.track}.jpg"
    found = look(source, picture, ffmpeg=ffmpeg)
    if not found.opens:
        click.echo(f"FAILED  {source.name} ({source.driver}): {found.why}")
        return False
    if source.is_audio:
        click.echo(
            f"ok      {source.name} ({source.driver}): {found.codec}, {found.rate} Hz, "
            f"level {found.level_rms} dBFS, peak {found.level_peak} dBFS"
        )
    else:
        seen = f", see {found.thumbnail}" if found.thumbnail else ""
        click.echo(
            f"ok      {source.name} ({source.driver}): {found.codec}, "
            f"{found.width}x{found.height}, {found.rate} pictures/s{seen}"
        )
    return True


async def _run_until_signalled(settings: RoomSettings) -> bool:
    """Whether the agent is to be started again."""
    from edge_agent import app  # noqa: PLC0415 - `--help` needs none of it

    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - the runner made it
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        if sys.platform == "win32":
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(task.cancel))
        else:
            loop.add_signal_handler(number, task.cancel)
    await app.run_once(settings)
    return True


def _finish(agent: Coroutine[None, None, bool]) -> bool:
    # aiomqtt needs add_reader, which Windows' default loop does not have.
    factory = asyncio.SelectorEventLoop if sys.platform == "win32" else None
    try:
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(agent)
    except (asyncio.CancelledError, KeyboardInterrupt):
        logger.info("stopped")
        return False
    except EdgeError as error:
        raise click.ClickException(str(error)) from error
    except ExceptionGroup as errors:
        if errors.subgroup(sqlite3.DatabaseError) is None:
            raise
        logger.exception("the journal is damaged")
        raise click.ClickException(
            "the journal is damaged; start the agent again: it sets the file aside and goes on"
        ) from errors


if __name__ == "__main__":
    main()
