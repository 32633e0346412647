"""`fleet metrics`: where readings are, and moving them."""
# ruff: noqa: D301 - click wants a real backspace where lines must stay as they are

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import cast, get_args
from urllib.parse import urlsplit

import click

from fleet import app
from fleet.adapters import metric_stores
from fleet.errors import Refused
from fleet.settings import FleetSettings, OutsideStoreKind
from fleet.telemetry import copying, service
from fleet.telemetry.ports import MetricStore, OutsideStore

Load = Callable[[], FleetSettings]
_File = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group()
def metrics() -> None:
    """Readings of the rooms."""


@metrics.command("copy")
@click.option("--from", "source", default="", metavar="STORE", help="[the fleet's]")
@click.option("--to", "target", default="", metavar="STORE", help="[the fleet's]")
@click.option("--bucket", help="Bucket or database of the other store [LECTERN_METRIC_BUCKET].")
@click.option("--org", help="Its organisation [LECTERN_METRIC_ORG].")
@click.option("--token-file", type=_File, help="Its token [LECTERN_METRIC_TOKEN_FILE].")
@click.option("--authorities", type=_File, help="Whose certificates it may have, PEM.")
@click.pass_obj
def copy(
    load: Load,
    source: str,
    target: str,
    bucket: str | None,
    org: str | None,
    token_file: Path | None,
    authorities: Path | None,
) -> None:
    """Copy the history of all series from one store to another.

    STORE is sql, or victoriametrics=URL, influx1=URL, influx2=URL or influx3=URL; one of the two
    may be left out, and is the one of the settings. The fleet may run. Cut off, the same command
    goes on where it was; done, it may be given again, and nothing is there twice.

    From sql, what is older than readings are kept is copied as the mean of each 5 minutes, or
    hour. To sql, readings are summed up on the way.

    \b
    Example:
      fleet metrics copy --from sql --to victoriametrics=http://metrics.example.org:8428
    """
    if bool(source) + bool(target) == 0 or source == target:
        raise Refused("give --from or --to, or both, and not the same")
    settings = load()
    given = {
        "metric_bucket": bucket,
        "metric_org": org,
        "metric_token_file": token_file,
        "metric_authorities": authorities,
    }
    changed = {key: value for key, value in given.items() if value is not None}
    there = settings.model_copy(update=changed)
    database = app.build(settings).database
    try:
        begin, _ = _store(source, settings, there)
        end, outside = _store(target, settings, there)
        name = f"copy {source[:90]} {target[:90]}"
        with click.progressbar(length=1, label="Series", file=sys.stderr) as bar:

            def told(progress: copying.Progress) -> None:
                bar.length = progress.series
                bar.update(progress.done - bar.pos)

            now = datetime.now(UTC)
            found = copying.copy(
                database, begin, end, outside=outside, name=name, now=now, told=told
            )
    finally:
        database.close()
    click.echo(f"Copied {found.readings} readings of {found.done} series.")


@metrics.command("waiting")
@click.pass_obj
def waiting(load: Load) -> None:
    """Tell how many readings wait in the database for a store elsewhere."""
    database = app.build(load()).database
    try:
        with database.read() as session:
            readings, size = service.waiting(session)
    finally:
        database.close()
    click.echo(f"{readings} readings wait, {size} bytes.")


def _store(
    text: str, settings: FleetSettings, there: FleetSettings
) -> tuple[MetricStore, OutsideStore | None]:
    """The store that a word stands for; the second is it, too, if it is elsewhere."""
    if not text:
        out = metric_stores.outside(settings)
        return out or metric_stores.embedded(settings), out
    if text == "sql":
        return metric_stores.embedded(settings), None
    kind, _, url = text.partition("=")
    if kind not in get_args(OutsideStoreKind):
        raise Refused(f"{kind!r} is no store: sql, {', '.join(get_args(OutsideStoreKind))}")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise Refused(f"{kind}: give its address, like {kind}=http://127.0.0.1:8428; no password")
    made = metric_stores.elsewhere(there, cast("OutsideStoreKind", kind), url)
    return made, made
