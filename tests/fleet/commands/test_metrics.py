"""`fleet metrics` as an operator runs it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from fleet import app, cli
from fleet.settings import FleetSettings
from tests.fleet.ingesting import environment
from tests.fleet.telemetry.stores import furnished
from tests.servers.child import Children
from tests.servers.victoriametrics import Missing, VictoriaMetrics


@pytest.fixture
def metrics_server(children: Children, tmp_path: Path) -> VictoriaMetrics:
    try:
        return VictoriaMetrics(children, tmp_path)
    except Missing as missing:
        pytest.skip(f"not installed: {missing}")


def test_history_is_copied_and_told(
    settings: FleetSettings, metrics_server: VictoriaMetrics
) -> None:
    fleet = app.build(settings)
    kept = furnished(fleet.database, fleet.metrics, lambda: None)
    kept.write(*(kept.point(60 * n, float(n)) for n in range(30)))
    fleet.database.close()

    to = f"victoriametrics={metrics_server.url}"
    done = CliRunner().invoke(
        cli.main, ["metrics", "copy", "--from", "sql", "--to", to], env=environment(settings)
    )

    assert done.exit_code == 0, done.output
    assert "Copied 30 readings of 1 series." in done.output
    told = CliRunner().invoke(cli.main, ["metrics", "waiting"], env=environment(settings))
    assert told.output == "0 readings wait, 0 bytes.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give --from or --to"),
        (["--to", "sql", "--from", "sql"], "not the same"),
        (["--to", "graphite=http://localhost"], "no store"),
        (["--to", "influx2"], "give its address"),
        (["--to", "influx2=http://user:secret@localhost"], "no password"),
    ],
)
def test_what_cannot_be_copied_is_told(
    settings: FleetSettings, words: list[str], said: str
) -> None:
    done = CliRunner().invoke(cli.main, ["metrics", "copy", *words], env=environment(settings))

    assert done.exit_code == 1
    assert said in done.output
    assert "user:secret" not in done.output
