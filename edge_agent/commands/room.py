"""`edge-agent room`: a first `room.toml` from a template, and whether the devices in one answer."""

import asyncio
import contextlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from edge_agent import profile_lint, profiles, scenes, settings
from edge_agent.commands import probe_report
from edge_agent.commands.probing import Answer, Probe, telling
from edge_agent.errors import BadConfiguration, EdgeError
from edge_agent.room.model import Device
from edge_agent.settings import RoomSettings


@click.group("room")
def group() -> None:
    """Describe a room, and check what is described."""


@group.command()
def templates() -> None:
    """List the templates for `room new`, each with what it is for."""
    for name, path in _templates().items():
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        click.echo(f"{name:28} {first.removeprefix('# ')}")


@group.command()
@click.option("--template", required=True, help="One of those `edge-agent room templates` lists.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("room.toml"),
    show_default=True,
    help="Where it is written; a file that is there is never replaced.",
)
def new(template: str, out: Path) -> None:
    """Write a room.toml to fill in."""
    known = _templates()
    if template not in known:
        raise click.ClickException(f"there is no template {template!r}, only {', '.join(known)}")
    text = known[template].read_text(encoding="utf-8")
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.ClickException(f"{out} is there already; choose another --out") from None
    except OSError as error:
        raise click.ClickException(f"{out}: {error}") from error
    click.echo(f'{out} is written. Fill in each value that is "", and leave out what the room')
    click.echo("does not have; `edge-agent discover` shows what answers on the network.")
    click.echo(f"Next: edge-agent room check --config {out}")


@group.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("room.toml"),
    show_default=True,
    help="The room's configuration.",
)
def check(config: Path) -> None:
    """Check the configuration and its profiles, and ask each device for a sign of life.

    Exit status 1 if anything is wrong or a device does not answer.
    """
    try:
        room = settings.load(config)
    except EdgeError as error:
        raise click.ClickException(str(error)) from error
    own = (room.agent.profiles,) if room.agent.profiles else ()
    problems = [*map(str, _mistakes(room, own)), *_unreadable(room)]
    devices, unusable = _usable(room, own)
    for line in (*problems, *unusable):
        click.echo(f"FAILED  {line}")
    silent = asyncio.run(_silent(devices)) if devices else 0
    for device in devices:
        for remark in _remarks(device):
            click.echo(f"mind    {device.name}: {remark}")
    failed = len(problems) + len(unusable) + silent
    found = f"{len(room.device)} devices, {len(room.source)} sources"
    click.echo(f"{config}: {found}, " + (f"{failed} to mend" if failed else "all well"), err=True)
    if room.source and not failed:
        click.echo(f"Next: edge-agent check --config {config} tries the sources.", err=True)
    sys.exit(1 if failed else 0)


def _templates() -> dict[str, Path]:
    paths = sorted((profiles.shipped() / "rooms").glob("*.toml"))
    return {path.stem: path for path in paths}


def _mistakes(room: RoomSettings, own: tuple[Path, ...]) -> Iterator[profile_lint.Problem]:
    for name in sorted({device.profile for device in room.device}):
        try:
            path = profiles.path_of(name, own)
        except BadConfiguration:
            continue  # said for the device that names it
        yield from profile_lint.lint(path, own)


def _unreadable(room: RoomSettings) -> Iterator[str]:
    try:
        scenes.load((room.agent.scenes,) if room.agent.scenes else ())
    except EdgeError as error:
        yield str(error)
    try:
        _ = room.sources
    except EdgeError as error:
        yield str(error)


def _usable(room: RoomSettings, own: tuple[Path, ...]) -> tuple[list[Device], list[str]]:
    devices, unusable = [], []
    for each in room.device:
        try:
            devices.append(each.device(own, room.address_of(each.source)))
        except BadConfiguration as error:
            unusable.append(str(error))
    return devices, unusable


def _remarks(device: Device) -> Iterator[str]:
    """What is not wrong and will be missed."""
    profile, transport = device.profile, device.transport
    if profile.verification.status == "unverified":
        yield f"{profile.id} is unverified; `edge-agent profile probe` shows how far it fits"
    if transport.wake == "wol" and not device.mac:
        yield f"over {transport.kind} only Wake-on-LAN switches it on, and `mac` is missing"
    if "source" in profile.commands and not device.input:
        yield f"`input` is missing, its input that carries the lesson: {', '.join(profile.sources)}"
    if device.role in ("camera", "microphone") and not device.source:
        yield "`source` is missing, the [[source]] that is recorded from it"


async def _silent(devices: Iterable[Device]) -> int:
    """Ask all devices, those that share a line one after the other; how many do not answer."""
    lines = defaultdict(list)
    for device in devices:
        lines[_place(device)].append(device)
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(_answering(line)) for line in lines.values()]
    return sum(not answers for task in asked for answers in task.result())


async def _answering(line: Iterable[Device]) -> list[bool]:
    return [await _answers(device) for device in line]


async def _answers(device: Device) -> bool:
    answers: list[Answer] = []
    async with contextlib.aclosing(Probe(device)) as line:
        for point in telling(device):
            answers.append(await line.ask(point))
            if probe_report.present(answers) or probe_report.hopeless(answers):
                break
    who = f"{device.name} ({device.profile.id}, {_place(device) or 'this PC'})"
    failed = any(answer.outcome in ("no answer", "refused", "garbled") for answer in answers[-1:])
    if failed:
        click.echo(
            f"FAILED  {who}: {probe_report.advice(device, answers)}".replace("\n", "\n        ")
        )
    else:
        last = answers[-1] if answers else None
        click.echo(f"ok      {who}" + (f": {last.point} {probe_report.said(last)}" if last else ""))
    return not failed


def _place(device: Device) -> str:
    if device.line:
        return device.line
    return f"{device.host}:{device.transport.port}" if device.host else ""
