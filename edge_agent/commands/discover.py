"""`edge-agent discover`: what stands on the room's network, ready to be put into `room.toml`."""

import asyncio
import json
import sys
from collections.abc import Coroutine, Iterable
from dataclasses import asdict, replace
from ipaddress import IPv4Interface
from typing import Any, Final

import click

from edge_agent.drivers.discovery import pjlink_search, ports, ws_discovery
from edge_agent.drivers.discovery.found import Found, proposal, said
from edge_agent.drivers.discovery.networks import networks
from edge_agent.errors import EdgeError, Unreachable

_NOTHING: Final = """\
Nothing was found. What usually helps:
- The device must be on one of the networks above; --interface ADDRESS chooses one.
- A projector: switch "PJLink" and "Network in standby" on in its menu. Class 1 cannot be
  searched for, only looked at: add --hosts.
- A camera: switch "ONVIF" on in its web page. Some Wi-Fi and VLANs let no multicast through.
- A panel does not answer searches: --hosts 192.0.2.0/24, with the room's network, knocks at
  each address there.
- What hangs on a serial line is not found; see `edge-agent profile list`."""


@click.command("discover")
@click.option("--interface", metavar="ADDRESS", default="", help="Only this address of the PC.")
@click.option(
    "--hosts",
    metavar="CIDR",
    help="Also look at each address of this network, a /24 at the most: which doors are open.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 60),
    default=pjlink_search.SECONDS,
    show_default=True,
    help="How long a search listens.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for programs.")
def command(interface: str, hosts: str | None, seconds: float, *, as_json: bool) -> None:
    """Search the room's network for projectors, panels and cameras.

    Prints a [[device]] for room.toml for each; nothing is changed, neither here nor there. Exit
    status 1 if nothing was found.
    """
    try:
        own = networks(interface)
        named = ports.addresses(hosts) if hosts else ()
    except EdgeError as error:
        raise click.ClickException(str(error)) from error
    found = merged(asyncio.run(_everywhere(own, named, seconds)))
    if as_json:
        click.echo(json.dumps([{**asdict(each), "toml": proposal(each)} for each in found]))
    else:
        for each in found:
            click.echo(f"{proposal(each)}\n")
    if not found:
        _say(_NOTHING)
        sys.exit(1)
    _say(f"{len(found)} found. Put the blocks you want into room.toml, then: edge-agent room check")


def merged(found: Iterable[Found]) -> tuple[Found, ...]:
    """Each device once: what knows most of it came first, and what else it answers to is said."""
    once: dict[tuple[str, str], Found] = {}
    for each in found:
        key = (each.host, each.kind)
        if key not in once:
            once[key] = each
        elif each.profile != once[key].profile:
            why = f"{once[key].why}; {each.why} ({each.profile})"
            once[key] = replace(once[key], why=why)
    return tuple(once.values())


async def _everywhere(
    own: tuple[IPv4Interface, ...], named: tuple[str, ...], seconds: float
) -> list[Found]:
    work: list[Coroutine[Any, Any, tuple[Found, ...]]] = []
    for network in own:
        _say(f"Searching {network.network} from {network.ip} for {seconds:g} s: PJLink, ONVIF ...")
        work += [
            pjlink_search.search(network, seconds=seconds),
            ws_discovery.search(network, seconds=min(seconds, ws_discovery.SECONDS)),
        ]
    if named:
        lasting = len(named) * len(ports.DOORS) / ports.PER_SECOND
        _say(f"Knocking at {len(named)} addresses, for about {lasting:.0f} s ...")
        work.append(ports.look(named))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_told(each)) for each in work]
    return [each for task in tasks for each in task.result()]


async def _told(search: Coroutine[Any, Any, tuple[Found, ...]]) -> tuple[Found, ...]:
    try:
        found = await search
    except Unreachable as error:
        _say(f"  {error}")
        return ()
    for each in found:
        _say(f"  {' '.join((each.host, said(each.name))).strip()}: {each.why}")
    return found


def _say(text: str) -> None:
    click.echo(text, err=True)
