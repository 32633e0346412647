"""HTTP to an ONVIF camera, bounded in time and size, in the form the SOAP library wants."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
from zeep.wsdl.utils import etree_to_string

from edge_agent.errors import Garbled, Refused, Unreachable

MOST_ANSWER: Final = 128 << 10
"""Bytes. 255 presets are about 60 kB; to read more would hold up the event loop."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, under the names of a `requests.Response`."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    encoding: str | None


class OnvifTransport:
    """Each request has a connection of its own: cameras drop quiet ones in the middle of the next.

    Args:
        secret: user and password for a camera that asks for HTTP digest; None: it is not given.
    """

    def __init__(
        self, connect_timeout: float, reply_timeout: float, secret: tuple[str, str] | None
    ) -> None:
        self._client = httpx.AsyncClient(
            auth=httpx.DigestAuth(*secret) if secret else None,
            timeout=httpx.Timeout(reply_timeout, connect=connect_timeout),
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
        )

    async def post_xml(self, address: str, envelope: Any, headers: dict[str, str]) -> Answer:
        """Send an envelope and wait for the whole answer.

        Raises:
            Refused: the camera does not take our password.
            Unreachable: nobody answers in time.
            Garbled: what answers is no HTTP, or says too much.
        """
        message: bytes = etree_to_string(envelope)  # type: ignore[no-untyped-call]
        try:
            async with self._client.stream(
                "POST", address, content=message, headers=headers
            ) as response:
                content = bytearray()
                async for piece in response.aiter_bytes():
                    content += piece
                    if len(content) > MOST_ANSWER:
                        raise Garbled(f"an answer of more than {MOST_ANSWER >> 10} KiB")
        except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
            raise Garbled(f"no HTTP answer: {error}") from error
        except httpx.HTTPError as error:
            raise Unreachable(f"{type(error).__name__}: {error}".rstrip(": ")) from error
        if response.status_code in (401, 403):
            raise Refused("the camera does not take our user and password")
        return Answer(
            response.status_code, bytes(content), response.headers, response.charset_encoding
        )

    async def aclose(self) -> None:
        """Let go of it."""
        await self._client.aclose()
