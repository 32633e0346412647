"""`fleet backup` and `fleet restore`: the database, the authority's keys, and media if wanted."""
# ruff: noqa: D301 - click wants a real backspace where lines must stay as they are

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from fleet import migrations
from fleet.audit import service as audit
from fleet.auth import service as auth
from fleet.commands import archive, dumps
from fleet.db import Database
from fleet.errors import Refused
from fleet.settings import FleetSettings

Load = Callable[[], FleetSettings]
_DATA = "data"
_MEDIA = "files"
_LEFT = frozenset({_MEDIA, "uploads", "work"})
"""Folders of the data directory that are large, or are made anew: rooms upload again."""
_LEFT_ENDINGS = (".sqlite", ".sqlite-wal", ".sqlite-shm", ".pid", ".db", ".log", ".part", ".tmp")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--media", is_flag=True, help="With all recordings and published lessons.")
@click.pass_obj
def backup(load: Load, file: Path, media: bool) -> None:
    """Write a backup into FILE, a tar archive; the fleet may run meanwhile.

    It holds the database and the fleet's keys: keep it as safe as the fleet itself. Without
    --media, save the folder `files` of the data directory by other means.

    \b
    Example:
      fleet backup /srv/backups/lectern-$(date +%F).tar
    """
    settings = load()
    kind = dumps.name(settings.database)
    with (
        archive.writing(file) as writer,
        tempfile.TemporaryDirectory(prefix=".backup-", dir=_near(file)) as directory,
    ):
        content = Path(directory) / kind
        content.touch(mode=0o600)
        dumps.dump(settings.database, content)
        writer.add(content, kind)
        for path in _kept(settings.data_dir, media=media, out=file):
            name = path.relative_to(settings.data_dir).as_posix()
            writer.add(path, f"{_DATA}/{name}")
        count = writer.finish(archive.facts(kind, media, datetime.now(UTC)))
    click.echo(f"Wrote {file}: {count} files, {file.stat().st_size / 1e6:.1f} MB.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--force", is_flag=True, help="In the place of a fleet that is there.")
@click.pass_obj
def restore(load: Load, file: Path, force: bool) -> None:
    """Bring back what `fleet backup` wrote into FILE. Stop the fleet first.

    The settings say where: the database must be of the same kind, and empty. Everything is
    checked before anything is changed. Nobody is signed in afterwards.

    \b
    Example:
      fleet restore /srv/backups/lectern-2026-11-26.tar
    """
    settings = load()
    data = settings.data_dir
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    _must_be_empty(settings, force=force)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data) as directory:
        staged = Path(directory)
        manifest = archive.unpack(file, staged)
        kind = dumps.name(settings.database)
        if manifest["database"] != kind:
            raise Refused(
                f"the backup holds a {manifest['database']}, and the settings name another kind of "
                "database: restore it into its own kind, then use `fleet db copy`"
            )
        dumps.load(settings.database, staged / kind)
        _place(staged / _DATA, data)
    _finish(settings, manifest["made"])
    media = "" if manifest["media"] else " Put the folder `files` back by other means."
    click.echo(f"Restored what was there on {manifest['made']}.{media}")


def _near(file: Path) -> Path:
    """Where there is room for a copy of the database."""
    return file.absolute().parent


def _kept(data: Path, *, media: bool, out: Path) -> Iterator[Path]:
    left = _LEFT - {_MEDIA} if media else _LEFT
    for folder, folders, names in os.walk(data):
        here = Path(folder)
        hidden = [one for one in folders if one.startswith(".")]
        dropped = {*hidden, *(left if here == data else ())}
        folders[:] = sorted(one for one in folders if one not in dropped)
        in_media = _MEDIA in here.relative_to(data).parts[:1]
        for name in sorted(names):
            path = here / name
            if not in_media and name.endswith(_LEFT_ENDINGS):
                continue
            if path.is_file() and not path.is_symlink() and path.absolute() != out.absolute():
                yield path


def _must_be_empty(settings: FleetSettings, *, force: bool) -> None:
    if dumps.in_use(settings.database):
        raise Refused("a fleet works on this database: stop it, and wait half a minute")
    if force:
        return
    if not dumps.is_empty(settings.database):
        raise Refused("there is a database already; with --force it is replaced")
    if any(settings.authority_dir.glob("*")):
        raise Refused(f"{settings.authority_dir} holds keys; with --force they go")


def _place(staged: Path, data: Path) -> None:
    """Move what was unpacked into the data directory, in the place of folders of that name."""
    if not staged.is_dir():
        return
    for one in sorted(staged.iterdir()):
        target = data / one.name
        if one.name == _MEDIA and target.is_dir():
            _merge(one, target)
            continue
        if target.is_dir():
            shutil.rmtree(target)
        one.replace(target)


def _merge(source: Path, target: Path) -> None:
    """Recordings are never overwritten by others: what is there and not in the backup stays."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.replace(place)


def _finish(settings: FleetSettings, made: str) -> None:
    """This version's schema, nobody signed in, and a line in the audit trail."""
    database = Database(settings.database)
    now = datetime.now(UTC)
    try:
        migrations.upgrade(database)
        with database.write() as session:
            broken = audit.verify(session)
            auth.end_all_sessions(session)
            audit.record(
                session, actor="fleet", action="backup.restored", detail={"made": made}, now=now
            )
    finally:
        database.close()
    if broken is not None:
        raise Refused(f"restored, but the audit trail is broken at row {broken}")
