"""`python -m benchmarks [NAME …] [--quick] [--json]`: each figure against its goal."""

import importlib
import json
import sys
from collections.abc import Callable

import click

from benchmarks.result import Result

MODULES = {
    "recording": "benchmarks.recording",
    "bell_to_playable": "benchmarks.bell_to_playable",
    "upload": "benchmarks.upload",
    "start_button": "benchmarks.start_button",
    "polling": "benchmarks.polling",
    "watching": "benchmarks.watching",
    "detection": "benchmarks.detection",
    "charts": "benchmarks.charts",
    "pages": "benchmarks.pages",
    "dashboards": "benchmarks.dashboards",
    "presence": "benchmarks.presence",
    "orders": "benchmarks.orders",
}
"""Each has `run(quick: bool) -> list[Result]`."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(tuple(MODULES)), metavar="[NAME]…")
@click.option(
    "--quick",
    is_flag=True,
    help="Smaller loads, and the recorder alone: two minutes for all of them.",
)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a figure.")
def main(names: tuple[str, ...], quick: bool, as_json: bool) -> None:
    """Measure what Lectern promises; exit status 1 when a goal is not met.

    NAME is recording, bell_to_playable, upload, start_button, polling, watching, detection,
    charts, pages, dashboards, presence or orders; without any, all are measured.
    """
    results: list[Result] = []
    for name in names or MODULES:
        run: Callable[[bool], list[Result]] = importlib.import_module(MODULES[name]).run
        for result in run(quick):
            click.echo(as_line(result) if as_json else as_text(result))
            results.append(result)
    sys.exit(not all(result.met for result in results))


def as_line(result: Result) -> str:
    """The result as one JSON object."""
    return json.dumps(
        {
            "name": result.name,
            "value": round(result.value, 4),
            "unit": result.unit,
            "goal": result.goal,
            "better": result.better,
            "against": result.against,
            "met": result.met,
        }
    )


def as_text(result: Result) -> str:
    """The result for a reader."""
    sign = "≤" if result.better == "lower" else "≥"
    verdict = "met" if result.met else "NOT MET"
    return (
        f"{result.name:<28} {result.value:>10.3f} {result.unit:<8} "
        f"goal {sign} {result.goal:g}  {verdict}  ({result.against})"
    )


if __name__ == "__main__":
    main()
