"""Webhooks as Standard Webhooks has them: signed posts of JSON, to addresses outside."""

import asyncio
import ipaddress
import socket
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
from standardwebhooks.webhooks import Webhook

from fleet.notices.ports import Outgoing, Undelivered

_SECONDS = 10.0
GONE = 410


class WebhookPost:
    """A `Channel` that posts.

    It connects to the very address it has judged, so that a name cannot point elsewhere a moment
    later; follows no redirect; goes through no proxy of the environment.
    """

    def __init__(self, *, private: bool = False, seconds: float = _SECONDS) -> None:
        """`private`: whether addresses of this machine and of inner networks may be posted to."""
        self._private = private
        self._seconds = seconds
        self._context = ssl.create_default_context()

    async def send(self, notice: Outgoing) -> None:
        """Post it; any 2xx answer is a receipt.

        Raises:
            Undelivered: final if the receiver says that it is gone for good.
        """
        try:
            async with asyncio.timeout(self._seconds):
                status = await self._post(notice)
        except TimeoutError:
            raise Undelivered(f"no answer within {self._seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise Undelivered(str(error) or type(error).__name__) from error
        if not 200 <= status < 300:
            raise Undelivered(f"the receiver answered {status}", final=status == GONE)

    async def _post(self, notice: Outgoing) -> int:
        parts = urlsplit(notice.destination)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = await self._address(host, port)
        literal = f"[{address}]" if ":" in address else address
        url = parts._replace(netloc=f"{literal}:{port}", fragment="").geturl()
        extensions = {"sni_hostname": host} if parts.scheme == "https" else {}
        headers = {**signature(notice), "host": parts.netloc.rpartition("@")[2]}
        async with (
            httpx.AsyncClient(
                verify=self._context,
                timeout=self._seconds,
                follow_redirects=False,
                trust_env=False,
            ) as client,
            client.stream(
                "POST", url, content=notice.body.encode(), headers=headers, extensions=extensions
            ) as answer,
        ):
            # Only the status counts; a body without end is not read.
            return answer.status_code

    async def _address(self, host: str, port: int) -> str:
        """The first address of a host, if all of them may be posted to."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(one[4][0]).partition("%")[0] for one in found]
        if not self._private and not all(public(one) for one in addresses):
            raise Undelivered(f"{host} is an address of an inner network", final=True)
        return addresses[0]


def public(address: str) -> bool:
    """Whether an IP address is one of the public internet.

    An IPv6 address in which gateways or tunnels read an IPv4 address is judged by that one.
    """
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved
    if (embedded := _embedded(parsed)) is not None:
        return public(str(embedded))
    # Nothing else is handed out so far: this leaves out site-local and whatever comes to be.
    return parsed in _UNICAST and parsed.is_global


_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address behind an IPv6 one. Teredo's are none: `is_global` has none of them."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def signature(notice: Outgoing) -> dict[str, str]:
    """The headers of a notice, signed at this moment if it has a secret."""
    at = datetime.now(UTC)
    headers = {
        "content-type": "application/json",
        "user-agent": "Lectern",
        "webhook-id": notice.id,
        "webhook-timestamp": str(int(at.timestamp())),
    }
    if notice.secret:
        headers["webhook-signature"] = Webhook(notice.secret).sign(notice.id, at, notice.body)
    return headers
