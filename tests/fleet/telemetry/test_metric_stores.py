"""The settings choose the store, and what makes no sense is refused at the start."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from fleet.adapters import metric_stores
from fleet.adapters.influx import InfluxStore, VictoriaStore
from fleet.adapters.sql_metrics import SqlMetrics
from fleet.settings import FleetSettings
from fleet.telemetry.ports import StoreRefused
from fleet.telemetry.queue import Queued


def test_without_a_word_readings_stay_in_the_database() -> None:
    settings = FleetSettings(metric_raw_days=3)

    assert metric_stores.outside(settings) is None
    assert isinstance(metric_stores.chosen(settings, None), SqlMetrics)
    assert metric_stores.keeping(settings).raw_days == 3


@pytest.mark.parametrize("kind", ["victoriametrics", "influx1", "influx2", "influx3"])
def test_each_kind_of_store(kind: str) -> None:
    settings = FleetSettings(metric_store=kind, metric_url="http://127.0.0.1:8428/")  # type: ignore[arg-type]

    store = metric_stores.outside(settings)

    assert isinstance(store, VictoriaStore if kind == "victoriametrics" else InfluxStore)
    assert store.overwrites == (kind != "victoriametrics")
    assert isinstance(metric_stores.chosen(settings, store), Queued)


@pytest.mark.parametrize(
    "given",
    [
        {"metric_store": "influx2"},
        {"metric_url": "http://127.0.0.1:8086"},
        {"metric_store": "graphite", "metric_url": "http://127.0.0.1"},
        {"metric_store": "influx1", "metric_url": "http://user:secret@127.0.0.1"},
        {"metric_store": "influx1", "metric_url": "ftp://127.0.0.1"},
        {"metric_raw_days": 0},
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FleetSettings(**given)  # type: ignore[arg-type]


def test_a_token_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    settings = FleetSettings(
        metric_store="influx2", metric_url="http://x", metric_token_file=tmp_path / "none"
    )

    with pytest.raises(StoreRefused):
        metric_stores.outside(settings)
