"""A benchmark that misses its goal fails, and says by how much."""

import importlib
import json
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Literal

import pytest
from click.testing import CliRunner

from benchmarks import __main__ as program
from benchmarks.result import Result


def _result(value: float, better: Literal["lower", "higher"]) -> Result:
    return Result("speed", value, "s", 5.0, better, "a limit")


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Callable[[Result], list[bool]]:
    """`benchmark(result)` puts one in place that gives `result`; returns its calls' `quick`."""

    def put(result: Result) -> list[bool]:
        calls: list[bool] = []
        module = ModuleType("measured")

        def run(quick: bool) -> list[Result]:
            calls.append(quick)
            return [result]

        module.run = run  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "measured", module)
        monkeypatch.setattr(program, "MODULES", {"speed": "measured"})
        return calls

    return put


@pytest.mark.parametrize(
    ("value", "better", "met"),
    [(4.9, "lower", True), (5.0, "lower", True), (5.1, "lower", False), (4.9, "higher", False)],
)
def test_the_exit_status_says_whether_goals_are_met(
    benchmark: Callable[[Result], list[bool]],
    value: float,
    better: Literal["lower", "higher"],
    met: bool,
) -> None:
    calls = benchmark(_result(value, better))
    done = CliRunner().invoke(program.main, ["--json", "--quick"])

    assert done.exit_code == (0 if met else 1)
    assert calls == [True]
    assert json.loads(done.stdout) == {
        "name": "speed",
        "value": value,
        "unit": "s",
        "goal": 5.0,
        "better": better,
        "against": "a limit",
        "met": met,
    }


def test_a_reader_sees_goal_and_verdict(benchmark: Callable[[Result], list[bool]]) -> None:
    benchmark(_result(7.25, "lower"))
    done = CliRunner().invoke(program.main, [])

    assert "7.250 s" in done.stdout
    assert "goal ≤ 5  NOT MET  (a limit)" in done.stdout


def test_an_unknown_name_is_refused() -> None:
    done = CliRunner().invoke(program.main, ["coffee"])

    assert done.exit_code == 2
    assert "'coffee'" in done.stderr


def test_each_listed_benchmark_can_be_run() -> None:
    for name in program.MODULES.values():
        assert callable(importlib.import_module(name).run)
