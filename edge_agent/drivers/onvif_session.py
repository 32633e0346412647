"""A session with an ONVIF camera, through onvif-zeep-async: whatever it does, an error of ours.

The library measures the camera's clock and dates our requests by it, so a clock that is wrong
by years does not lock us out. Addresses the camera gives of its services are taken to be at the
host and port we reached: behind NAT they would be wrong, and nothing sends us elsewhere. Its XML
may not define entities, and nothing it names is fetched.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from zeep.exceptions import Fault

from edge_agent.drivers.onvif_library import ONVIFCamera, is_auth_error, subcodes_of
from edge_agent.drivers.onvif_transport import OnvifTransport
from edge_agent.errors import Busy, EdgeError, Garbled, Refused, Unreachable, Unsupported
from edge_agent.room.model import Device

MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
PTZ: Final = "http://www.onvif.org/ver20/ptz/wsdl"
_NOT_THERE: Final = ("ActionNotSupported", "NotSupported", "NoPTZProfile", "NoHomePosition")
_LONGEST: Final = 200


class _Camera(ONVIFCamera):  # type: ignore[misc] # the library has no types
    """The library's camera, over our transport."""

    def __init__(self, transport: OnvifTransport, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._transport = transport

    async def create_onvif_service(self, *arguments: Any, **options: Any) -> Any:
        service = await super().create_onvif_service(*arguments, **options)
        service.zeep_client.transport = self._transport
        service.zeep_client_authless.transport = self._transport
        return service


class OnvifSession:
    """An open session; `opened` is how one comes about.

    Attributes:
        profile: token of the media profile that is used: the first that can be moved, or the first.
    """

    def __init__(self, device: Device, camera: _Camera, transport: OnvifTransport) -> None:
        self._device = device
        self._camera = camera
        self._transport = transport
        self.profile = ""

    @classmethod
    async def opened(cls, device: Device) -> "OnvifSession":
        """Find the camera's services and media profile.

        Raises:
            Refused: the camera does not take our password.
            Unreachable, Garbled: nobody answers, or not in ONVIF.
        """
        limits, secret = device.transport, device.secret or ("", "")
        transport = OnvifTransport(limits.connect_timeout, limits.reply_timeout, device.secret)
        camera = _Camera(
            transport,
            device.host,
            limits.port or 80,
            *secret,
            no_cache=True,
            adjust_time=True,
            nat_override=True,
        )
        session = cls(device, camera, transport)
        try:
            with _errors():
                async with asyncio.timeout(limits.connect_timeout):
                    await camera.update_xaddrs()
                    profiles = await (await camera.create_media_service()).GetProfiles()
                    able = [each for each in profiles if each.PTZConfiguration is not None]
                    session.profile = str((able or profiles)[0].token)
        except BaseException:
            await session.close()
            raise
        return session

    async def call(self, service: str, operation: str, **words: Any) -> Any:
        """One operation of `devicemgmt`, `media` or `ptz`; the last two get the media profile.

        Raises:
            Unsupported: the camera has no such service or operation.
            Refused, Busy: it will not, or not now.
            Unreachable, Garbled: no answer, or none that can be understood.
        """
        if service == "ptz" and PTZ not in self._camera.xaddrs:
            raise Unsupported("the camera cannot be moved")
        if service != "devicemgmt":
            words["ProfileToken"] = self.profile
        with _errors():
            async with asyncio.timeout(self._device.transport.reply_timeout):
                offered = await self._camera.create_onvif_service(service)
                try:
                    return await getattr(offered, operation)(words)
                except Fault as fault:
                    if is_auth_error(fault):
                        # It took us before: its clock was set, or its password changed.
                        raise Unreachable("the camera no longer takes our password") from fault
                    raise

    async def clock_skew(self) -> float:
        """Seconds by which the camera's clock is ahead; it tells whole seconds."""
        said = await self.call("devicemgmt", "authless_GetSystemDateAndTime")
        with _errors():
            date, time = said.UTCDateTime.Date, said.UTCDateTime.Time
            clock = datetime(
                date.Year, date.Month, date.Day, time.Hour, time.Minute, time.Second, tzinfo=UTC
            )
        return round((clock - datetime.now(UTC)).total_seconds() + 0.5)

    def reachable(self, address: str) -> str:
        """An address the camera gave, at the host we reached; without user and password.

        Raises:
            Garbled: it is none.
        """
        with _errors():
            parts = urlsplit(str(address).strip())
            host = self._device.host
            netloc = f"[{host}]" if ":" in host else host
            # HTTP is where we reached it; another protocol has its own port there.
            port = self._device.transport.port if parts.scheme == "http" else parts.port
            if parts.scheme not in ("rtsp", "rtsps", "http", "https") or not parts.hostname:
                raise Garbled(f"no address of a stream or picture: {str(address)[:_LONGEST]!r}")
            return urlunsplit(parts._replace(netloc=f"{netloc}:{port}" if port else netloc))

    async def close(self) -> None:
        """Let go of it. Never raises; may be called twice."""
        with suppress(Exception):
            await self._camera.close()
        with suppress(Exception):
            await self._transport.aclose()


@contextmanager
def _errors() -> Iterator[None]:
    """Whatever the library and its XML raise, as an error of ours."""
    try:
        yield
    except (EdgeError, GeneratorExit):
        raise
    except TimeoutError as error:
        raise Unreachable("no answer in time") from error
    except Fault as fault:
        raise _complaint(fault) from fault
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise Garbled(f"no answer in ONVIF: {what[:_LONGEST]}") from error


def _complaint(fault: Fault) -> EdgeError:
    """What a SOAP fault means."""
    why = f"the camera says: {str(fault.message)[:_LONGEST]}"
    subcodes = " ".join(subcodes_of(fault.subcodes or []))
    if is_auth_error(fault):
        return Refused("the camera does not take our user and password")
    if any(word in subcodes for word in _NOT_THERE):
        return Unsupported(why)
    return Busy(why) if str(fault.code).endswith("Receiver") else Refused(why)
