"""`fleet units`, as a person uses it."""

from pathlib import Path

from click.testing import CliRunner, Result

from fleet.app import Fleet
from fleet.cli import main
from fleet.orgs import sample
from fleet.orgs import service as orgs
from fleet.settings import FleetSettings
from tests.fleet.ingesting import environment


def _units(settings: FleetSettings, *words: object) -> Result:
    runner = CliRunner(env=environment(settings))
    return runner.invoke(main, ["units", *(str(word) for word in words)])


def test_the_sample_is_looked_at_imported_and_listed(
    settings: FleetSettings, fleet: Fleet, tmp_path: Path
) -> None:
    for name in sample.FILES:
        (tmp_path / name).write_bytes(sample.content(name))
    sites, centres = (tmp_path / name for name in sample.FILES)

    looked = _units(settings, "import", sites, "--dry-run")
    assert looked.exit_code == 0, looked.output
    assert "+ ke-university-of-nairobi: institution University of Nairobi" in looked.stdout
    with fleet.database.read() as session:
        assert orgs.subtree(session) == []

    for file in (sites, centres):
        done = _units(settings, "import", file)
        assert done.exit_code == 0, done.output
    assert "~ ke: centre: – → University of Nairobi" in done.stdout
    assert "Not kept: year" in done.stderr
    assert _units(settings, "import", sites).stdout == "Nothing to do.\n"

    tree = _units(settings, "list").stdout.splitlines()
    assert tree[0] == "top  Region"
    here = tree.index("    ke  Kenya")
    assert tree[here + 1] == "      ke-university-of-nairobi  University of Nairobi"


def test_what_is_wrong_is_told_with_its_row_and_nothing_is_done(
    settings: FleetSettings, fleet: Fleet, tmp_path: Path
) -> None:
    table = tmp_path / "rooms.csv"
    table.write_text("region,country,iso2,institution\nAfrica,Kenya,KE,UoN\nAfrica,,XX,Other\n")

    refused = _units(settings, "import", table)

    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        "row 3, country: It is empty.",
        "row 3, iso2: Write the two letters of the country, like KE.",
        "fleet: 2 to put right in the table; nothing was done",
    ]
    with fleet.database.read() as session:
        assert orgs.subtree(session) == []
