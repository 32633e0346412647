"""Asking a metric store over HTTP, and what its refusals mean."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from fleet.telemetry.ports import ReadingsRefused, StoreDown, StoreRefused

SECONDS: Final = 10.0
"""How long a store may take to answer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is. The token is a file's content, read at each start: never an argument.

    Attributes:
        bucket: of InfluxDB 2; the database of InfluxDB 1 and 3. VictoriaMetrics has none.
        authorities: PEM of the authorities its certificate may be from; None: the system's.
    """

    url: str
    bucket: str = "lectern"
    org: str = ""
    token_file: Path | None = None
    authorities: Path | None = None

    def token(self) -> str:
        """The secret that the store wants to see; empty: none.

        Raises:
            StoreRefused: the file cannot be read.
        """
        if self.token_file is None:
            return ""
        try:
            return self.token_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise StoreRefused(f"metric_token_file: {error.strerror}") from error


class Http:
    """One store's address; `scheme` is how its Authorization header begins."""

    def __init__(self, place: Place, scheme: str, transport: httpx.BaseTransport | None) -> None:
        context = ssl.create_default_context(
            cafile=str(place.authorities) if place.authorities else None
        )
        headers, auth = {}, None
        if token := place.token():
            user, _, password = token.partition(":")
            if scheme == "Basic":
                auth = httpx.BasicAuth(user, password)
            else:
                headers["Authorization"] = f"{scheme} {token}"
        self._client = httpx.Client(
            base_url=place.url,
            headers=headers,
            auth=auth,
            timeout=SECONDS,
            verify=context,
            transport=transport,
        )

    def post(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str | list[str]] | None = None,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The answer, if it is a good one.

        Raises:
            StoreDown: there is none, or the store says that it is not its best moment.
            StoreRefused: the store will not.
        """
        try:
            answer = self._client.post(
                path,
                params=dict(params or {}),
                data=dict(form) if form else None,
                json=json,
                content=body,
                headers=dict(headers or {}),
            )
        except httpx.HTTPError as error:
            raise StoreDown(f"no answer: {type(error).__name__}") from error
        judge(answer.status_code, answer.text if answer.is_error else "")
        return answer


def judge(status: int, said: str) -> None:
    """Raise what a status means: StoreDown, ReadingsRefused or StoreRefused; nothing for 2xx."""
    if 200 <= status < 300:
        return
    text = f"the metric store answers {status}: {said.strip()[:200]}"
    if status >= 500 or status in (408, 429):
        raise StoreDown(text)
    raise (ReadingsRefused if status in (400, 413, 422) else StoreRefused)(text)
