"""Small: the figures themselves are for `make bench`."""

from benchmarks.charts import COUNTRIES, measure


def test_charts_and_readings_are_measured() -> None:
    charts, readings = measure(charts=2, rounds=1, days=1, rooms=4)

    assert (charts.name, readings.name) == ("charts", "readings")
    assert charts.value > 0
    assert f"{COUNTRIES} countries" in charts.against
    assert 0 < readings.value < 10
    assert "sqlite3" in readings.against
