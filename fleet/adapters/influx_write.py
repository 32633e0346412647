"""Sending lines to a store: through influxdb-client, or as InfluxDB 1 wants them."""

from typing import Any, Protocol

import httpx
import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException

from fleet.adapters.influx_http import SECONDS, Http, Place, judge
from fleet.telemetry.ports import StoreDown

_NANOSECONDS: Any = WritePrecision.NS


class Writer(Protocol):
    """Sends lines."""

    def write(self, lines: bytes) -> None:
        """Return when the store says that it has them.

        Raises:
            StoreDown: whether it has them is not known.
            StoreRefused: it will not take them.
        """
        ...


class ClientWriter:
    """To /api/v2/write: InfluxDB 2 and 3, VictoriaMetrics.

    Synchronously, and nothing is tried again in here: the client's batching writer loses what it
    cannot send. What waits is in the fleet's database.
    """

    def __init__(self, place: Place) -> None:
        options: dict[str, Any] = {"retries": urllib3.Retry(0, redirect=False)}
        if place.authorities:
            options["ssl_ca_cert"] = str(place.authorities)
        self._place = place
        self._client = InfluxDBClient(
            place.url,
            place.token(),
            org=place.org or "-",
            timeout=int(SECONDS * 1000),
            enable_gzip=True,
            **options,
        )
        self._api = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, lines: bytes) -> None:
        """See `Writer`."""
        try:
            self._api.write(self._place.bucket, record=lines, write_precision=_NANOSECONDS)
        except ApiException as error:
            judge(error.status or 503, str(error.body or error.reason or ""))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise StoreDown(f"no answer: {type(error).__name__}") from error


class OldWriter:
    """To /write of InfluxDB 1; the token is `user:password`."""

    def __init__(self, place: Place, transport: httpx.BaseTransport | None = None) -> None:
        self._http = Http(place, "Basic", transport)
        self._params = {"db": place.bucket, "precision": "ns"}

    def write(self, lines: bytes) -> None:
        """See `Writer`."""
        self._http.post("/write", params=self._params, body=lines)
