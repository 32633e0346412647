"""`edge-agent profile`: what profiles say, whether they are right, whether a device agrees."""

import asyncio
import contextlib
import datetime
import sys
from pathlib import Path
from typing import Any, get_args

import click
import msgspec
from pydantic import ValidationError

from contract.profile import Profile, TransportKind
from edge_agent import profile_lint, profiles
from edge_agent.commands import probe_report, profile_words
from edge_agent.commands.probing import Answer, Probe, Trial, trials
from edge_agent.errors import EdgeError
from edge_agent.room.model import Device
from edge_agent.settings import DeviceSettings

_OWN = click.option(
    "--profiles",
    "own",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A directory of the room's own profiles, as `[agent] profiles` in room.toml.",
)


@click.group("profile")
def group() -> None:
    """What a device model can do, and how to talk to it."""


@group.command("list")
@_OWN
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for programs.")
def list_(own: Path | None, *, as_json: bool) -> None:
    """List all profiles: id, kind, verification, codec, vendor, models."""
    directories = _directories(own)
    found, broken = [], []
    for name in profiles.ids(directories):
        try:
            found.append(profiles.load(name, directories))
        except EdgeError as error:
            broken.append(str(error))
    for why in broken:
        click.echo(why, err=True)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode([_summary(p) for p in found])))
        return
    rows: list[tuple[str, ...]] = [("id", "kind", "verification", "codec", "vendor and models")]
    rows += [
        (p.id, p.kind, p.verification.status, p.codec.name, f"{p.vendor}: {', '.join(p.models)}")
        for p in found
    ]
    for line in profile_words.columns(rows):
        click.echo(line)


@group.command()
@click.argument("profile")
@_OWN
def show(profile: str, own: Path | None) -> None:
    """Say all that PROFILE says, with what it extends laid under it."""
    for line in profile_words.all_of(_loaded(profile, _directories(own))):
        click.echo(line)


@group.command()
@click.argument("targets", nargs=-1, metavar="[PATH|ID]…")
def lint(targets: tuple[str, ...]) -> None:
    """Find what is wrong in profiles: files, directories or ids; without any, all shipped ones.

    Each mistake is one line, `file:line: key: what`. Exit status 1 if there is one.
    """
    files = [path for target in targets or (str(profiles.shipped()),) for path in _files(target)]
    if not files:
        raise click.ClickException("there is no profile (*.yaml) in there")
    problems = [p for path in files for p in profile_lint.lint(path, (path.parent,))]
    for problem in problems:
        click.echo(str(problem))
    click.echo(f"profiles: {len(files)}, mistakes: {len(problems)}", err=True)
    sys.exit(1 if problems else 0)


@group.command()
@click.argument("profile")
@_OWN
@click.option("--host", default="", help="Name or address of the device on the network.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Its port; else the profile's.")
@click.option("--line", default="", help="Serial port, e.g. /dev/ttyUSB0 or COM3.")
@click.option(
    "--transport",
    type=click.Choice(get_args(TransportKind)),
    help="Of those the profile has; else serial with --line, and its first without.",
)
@click.option(
    "--number",
    type=click.IntRange(0, 255),
    default=1,
    show_default=True,
    help="Which device of several on one line.",
)
@click.option(
    "--secret-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="User and password, a line each; never an argument.",
)
@click.option(
    "--commands",
    "with_commands",
    is_flag=True,
    help="Also try commands, each with the value that is set already.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the report is put; else PROFILE-probe.yaml.",
)
def probe(
    profile: str,
    own: Path | None,
    report: Path | None,
    *,
    with_commands: bool,
    **where: Any,
) -> None:
    """Ask a real device every reading of PROFILE and say what it answers.

    The report can be pasted into the profile's `verification`.
    """
    try:
        device = DeviceSettings(name="device", profile=profile, **where).device(_directories(own))
    except ValidationError as error:
        raise click.ClickException(str(error.errors()[0]["msg"])) from error
    except EdgeError as error:
        raise click.ClickException(str(error)) from error
    answers = asyncio.run(_asked(device))
    if not probe_report.present(answers):
        raise click.ClickException(probe_report.advice(device, answers))
    known = {each.point: each.value for each in answers if each.value is not None}
    harmless = trials(device, known)
    tried = asyncio.run(_tried(device, harmless)) if with_commands and _agreed(harmless) else ()
    click.echo(f"\n{probe_report.summary(answers, tried)}")
    path = report or Path(f"{profile}-probe.yaml")
    today = datetime.datetime.now(datetime.UTC).date()
    try:
        path.write_text(probe_report.text(device, answers, tried, today), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path}: {error}") from error
    click.echo(f"The report is in {path}: paste its `verification` into the profile.")


async def _asked(device: Device) -> tuple[Answer, ...]:
    answers: list[Answer] = []
    readings, transport = device.profile.readings, device.transport
    width = max((len(name) for name in readings), default=0)
    where = device.host or device.line or "this PC"
    limit = f"{transport.reply_timeout:g} s"
    click.echo(f"Asking {where} {len(readings)} things ({transport.kind}, {limit} each) …")
    async with contextlib.aclosing(Probe(device)) as line:
        for point in readings:
            answers.append(await line.ask(point))
            click.echo(probe_report.row(answers[-1], width))
            if probe_report.hopeless(answers):
                break
    return tuple(answers)


async def _tried(device: Device, harmless: tuple[Trial, ...]) -> tuple[Trial, ...]:
    tried: list[Trial] = []
    async with contextlib.aclosing(Probe(device)) as line:
        for trial in harmless:
            tried.append(await line.attempt(trial))
            click.echo(probe_report.trial_row(tried[-1]))
    return tuple(tried)


def _agreed(harmless: tuple[Trial, ...]) -> bool:
    if not harmless:
        click.echo("\nNo command can be tried: none has a reading that answered.")
        return False
    click.echo("\nThese commands would be sent, each with the value that is set already:")
    for trial in harmless:
        click.echo(f"  {probe_report.spoken(trial)}")
    return click.confirm("Nobody needs the device now? Send them?")


def _directories(own: Path | None) -> tuple[Path, ...]:
    return (own,) if own else ()


def _loaded(name: str, directories: tuple[Path, ...]) -> Profile:
    try:
        return profiles.load(name, directories)
    except EdgeError as error:
        raise click.ClickException(str(error)) from error


def _files(target: str) -> list[Path]:
    path = Path(target)
    if path.is_dir():
        return sorted(path.glob("*.yaml"))
    if path.is_file():
        return [path]
    try:
        return [profiles.path_of(target)]
    except EdgeError as error:
        raise click.ClickException(str(error)) from error


def _summary(profile: Profile) -> dict[str, object]:
    return {
        "id": profile.id,
        "vendor": profile.vendor,
        "models": profile.models,
        "kind": profile.kind,
        "verification": profile.verification.status,
        "codec": profile.codec.name,
    }
