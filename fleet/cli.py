"""The command `fleet`."""
# ruff: noqa: D301 - click wants a real backspace where lines must stay as they are

import asyncio
import gc
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from fleet import __version__, app, migrations, settings
from fleet.adapters import mosquitto
from fleet.classrooms import enrolment
from fleet.classrooms import service as classrooms
from fleet.commands import audit, backup, config, metrics, people, units
from fleet.commands import database as db_command
from fleet.db import Database
from fleet.errors import FleetError
from fleet.inbox import service as inbox
from fleet.orgs import service as orgs
from fleet.serving import logs
from fleet.settings import BadSettings, FleetSettings


class _Told(click.ClickException):
    """An error that a person can do something about: its text, and exit status 1."""

    def show(self, file: object = None) -> None:
        click.echo(f"fleet: {self.message}", err=True)


class _Group(click.Group):
    """Answers with our errors instead of tracebacks."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (FleetError, BadSettings) as error:
            raise _Told(str(error)) from error
        except BaseExceptionGroup as group:
            found = group.subgroup(FleetError)
            if found is None:
                raise
            raise _Told("; ".join(str(one) for one in _leaves(found))) from group


@click.group(cls=_Group)
@click.version_option(__version__)
@click.option("--config", type=click.Path(path_type=Path), help="TOML file; or LECTERN_CONFIG.")
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """Lectern's fleet manager: all classrooms, their recordings and their courses.

    Settings come from LECTERN_… variables and from --config. Data lies in LECTERN_DATA_DIR
    (./lectern-data).

    \b
    A first start, with everything in one process:
      fleet broker-config lectern-data/broker
      mosquitto -c lectern-data/broker/mosquitto.conf &
      fleet serve
    """
    if not ctx.resilient_parsing:
        ctx.obj = lambda: settings.load(config)


Load = Callable[[], FleetSettings]


@main.command()
@click.pass_obj
def serve(load: Load) -> None:
    """Run everything in one process: pages, uploads, ingest and workers.

    \b
    Example:
      LECTERN_PUBLIC_URL=https://lectern.example.org LECTERN_LISTEN_HOST=0.0.0.0 \\
      LECTERN_TLS=own fleet serve
    """
    _run(load(), app.ROLES)


@main.command()
@click.pass_obj
def api(load: Load) -> None:
    """Run the pages, the API and uploads only. Needs LECTERN_DATABASE_URL of a shared database."""
    _run(load(), frozenset({"api"}))


@main.command()
@click.pass_obj
def ingest(load: Load) -> None:
    """Take in what rooms send over MQTT. With LECTERN_MQTT_SHARED=true several share the work."""
    _run(load(), frozenset({"ingest"}))


@main.command()
@click.pass_obj
def worker(load: Load) -> None:
    """Run workflows: join, package and publish lessons."""
    _run(load(), frozenset({"worker"}))


@main.command()
@click.pass_obj
def migrate(load: Load) -> None:
    """Bring the database to this version's schema; `serve` does so by itself."""
    loaded = load()
    loaded.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(loaded.database)
    migrations.upgrade(database)
    database.close()
    click.echo(f"The database is up to date: {database.engine.url!r}")


@main.command("broker-config")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--port", type=int, help="Where the broker listens [LECTERN_MQTT_PORT].")
@click.option("--bind", default="", help="Address to listen on [all].")
@click.option("--user", default="", help="Whom a broker started by root runs as [root].")
@click.option("--print", "show", is_flag=True, help="Print mosquitto.conf and the ACL instead.")
@click.pass_obj
def broker_config(
    load: Load, directory: Path | None, port: int | None, bind: str, user: str, show: bool
) -> None:
    """Write a configuration for Mosquitto into DIRECTORY [lectern-data/broker].

    It has TLS with client certificates, one ACL line a topic, the fleet's CA and its CRL.

    \b
    Example:
      fleet broker-config /etc/mosquitto/lectern --user mosquitto
      mosquitto -c /etc/mosquitto/lectern/mosquitto.conf
    """
    loaded = load()
    place = directory or loaded.broker_dir
    plan = mosquitto.BrokerPlan(port or loaded.mqtt_port, bind, user or mosquitto.current_user())
    if show:
        click.echo(mosquitto.configuration(place.absolute(), plan))
        click.echo(mosquitto.acl(()))
        return
    path = app.write_broker_config(app.build(loaded), place, plan)
    click.echo(f"Wrote {path}. Start the broker: mosquitto -c {path}")


@main.group()
def room() -> None:
    """Classrooms."""


@room.command("add")
@click.argument("name")
@click.option("--timezone", default="UTC", show_default=True, help="Like Africa/Nairobi.")
@click.option("--unit", help="Id of the organisation it belongs to [the top one].")
@click.pass_obj
def room_add(load: Load, name: str, timezone: str, unit: str | None) -> None:
    """Add a room and print its id.

    \b
    Example:
      fleet room add "Lecture hall 2" --timezone Africa/Nairobi
    """
    with app.build(load()).database.write() as session:
        unit_id = unit or orgs.root(session).id
        made = classrooms.add_room(session, unit_id=unit_id, name=name, timezone=timezone)
    click.echo(made.id)


@room.command("claim")
@click.argument("room_id")
@click.pass_obj
def room_claim(load: Load, room_id: str) -> None:
    """Print a claim token: one PC may enrol with it in this room, once, within a day.

    \b
    Example:
      fleet room claim 3f0c… | ssh pc edge-agent enrol --config room.toml --fleet https://…
    """
    with app.build(load()).database.write() as session:
        token = enrolment.issue_claim(session, room_id, datetime.now(UTC))
    click.echo(token)


@main.command("dead-letters")
@click.option("--limit", default=50, show_default=True, help="How many, the newest first.")
@click.pass_obj
def dead_letters(load: Load, limit: int) -> None:
    """Show messages of rooms that could not be read or handled, and why.

    They are kept whole in the table `dead_letter`. Newer rooms beside an older fleet are the
    usual reason: bring the fleet up to date.
    """
    with app.build(load()).database.read() as session:
        letters = inbox.dead_letters(session, limit)
    for letter in letters:
        at = letter.received_at.isoformat(timespec="seconds")
        click.echo(f"{at}  {letter.topic}  {len(letter.body)} bytes: {letter.reason}")
    if not letters:
        click.echo("None: every message was understood.")


@main.command()
@click.argument("agent_id")
@click.pass_obj
def revoke(load: Load, agent_id: str) -> None:
    """Shut an agent out: its uploads at once, its connection to the broker within seconds.

    The running fleet tells the broker. To let the PC in again, claim its room again.
    """
    with app.build(load()).database.write() as session:
        enrolment.revoke(session, agent_id, datetime.now(UTC))
    click.echo(f"Revoked {agent_id}. The running fleet cuts its connection.")


main.add_command(config.config)
main.add_command(units.units)
main.add_command(people.user)
main.add_command(audit.trail)
main.add_command(metrics.metrics)
main.add_command(db_command.database)
main.add_command(backup.backup)
main.add_command(backup.restore)


def _run(loaded: FleetSettings, roles: frozenset[str]) -> None:
    logs.configure(loaded.log_level, loaded.log_format)
    if "api" in roles and (link := app.first_administrator_link(loaded)):
        click.echo(f"First administrator, choose a password (good once, for a day):\n{link}")
    factory = _uvloop()
    # What is loaded stays: the collector need not look through it in the middle of a request,
    # which would stop everybody for the better part of 100 ms.
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_until_signal(loaded, roles))


async def _until_signal(loaded: FleetSettings, roles: frozenset[str]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(app.run(loaded, roles), name="fleet")
        waiting = group.create_task(stop.wait(), name="signal")
        await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
        running.cancel()
        waiting.cancel()


def _uvloop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - there is none on Windows

    return uvloop.new_event_loop


def _leaves(group: BaseExceptionGroup[FleetError]) -> list[FleetError]:
    found: list[FleetError] = []
    for one in group.exceptions:
        found += _leaves(one) if isinstance(one, BaseExceptionGroup) else [one]
    return found
