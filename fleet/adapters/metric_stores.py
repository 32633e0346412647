"""Which metric store the settings ask for."""

from fleet.adapters.sql_metrics import SqlMetrics
from fleet.settings import FleetSettings, OutsideStoreKind
from fleet.telemetry.levels import Keeping
from fleet.telemetry.ports import MetricStore, OutsideStore
from fleet.telemetry.queue import Queued


def keeping(settings: FleetSettings) -> Keeping:
    """For how long the embedded store keeps what."""
    return Keeping(settings.metric_raw_days, settings.metric_short_days, settings.metric_long_days)


def embedded(settings: FleetSettings) -> SqlMetrics:
    """The one in the fleet's own database."""
    return SqlMetrics(keeping(settings))


def outside(settings: FleetSettings) -> OutsideStore | None:
    """The one elsewhere, if there is one. Nothing is asked of it yet.

    Raises:
        StoreRefused: its token cannot be read.
    """
    if settings.metric_store == "sql":
        return None
    return elsewhere(settings, settings.metric_store, settings.metric_url)


def elsewhere(settings: FleetSettings, kind: OutsideStoreKind, url: str) -> OutsideStore:
    """A store of a kind at an address; how to speak to it is in the settings.

    Raises:
        StoreRefused: its token cannot be read.
    """
    # Only now: their client takes a third of a second to load, and most fleets use none.
    from fleet.adapters.influx import open_store  # noqa: PLC0415
    from fleet.adapters.influx_http import Place  # noqa: PLC0415

    place = Place(
        url.rstrip("/"),
        settings.metric_bucket,
        settings.metric_org,
        settings.metric_token_file,
        settings.metric_authorities,
    )
    return open_store(kind, place)


def chosen(settings: FleetSettings, out: OutsideStore | None) -> MetricStore:
    """What messages are written to and pages read from."""
    return embedded(settings) if out is None else Queued(out)
