"""What an ONVIF camera answers: its state in the XML of ONVIF's services."""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from simulator.ptz_head import Position, PtzHead

DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
PTZ: Final = "http://www.onvif.org/ver20/ptz/wsdl"
SCHEMA: Final = "http://www.onvif.org/ver10/schema"

_PROFILE: Final = "profile_1"
_SPACES: Final = "http://www.onvif.org/ver10/tptz/{}"


class SoapFault(Exception):
    """The camera answers with a fault; `subcodes` from the general to the special."""

    def __init__(self, code: str, subcodes: tuple[str, ...], reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.subcodes = subcodes


class OnvifBody:
    """One camera's state, and what its services answer.

    Attributes:
        head: where it looks.
        presets: token → name and place, in the order in which the camera lists them.
        stream, snapshot: addresses as the camera gives them, right or wrong.
        without: operations it does not offer.
        named: what GetDeviceInformation says.
    """

    def __init__(self) -> None:
        self.head = PtzHead()
        self.presets: dict[str, tuple[str, Position]] = {}
        self.stream = "rtsp://127.0.0.1:8554/camera"
        self.snapshot = "http://127.0.0.1/snapshot.jpg"
        self.without: set[str] = set()
        self.named = {
            "Manufacturer": "Lectern",
            "Model": "Simulated",
            "FirmwareVersion": "1.0",
            "SerialNumber": "SIM0001",
            "HardwareId": "1",
        }

    def answer(self, asked: Element, address: str, clock: datetime) -> str:
        """The body of the answer to a request; `address` is where the camera thinks it is."""
        namespace, _, operation = asked.tag.removeprefix("{").partition("}")
        answers: dict[tuple[str, str], Callable[[], str]] = {
            (DEVICE, "GetSystemDateAndTime"): lambda: _time(clock),
            (DEVICE, "GetDeviceInformation"): self._information,
            (DEVICE, "GetCapabilities"): lambda: _capabilities(address),
            (DEVICE, "GetServices"): lambda: _services(address),
            (DEVICE, "GetScopes"): lambda: "",
            (MEDIA, "GetProfiles"): _profiles,
            (MEDIA, "GetVideoSources"): _video_sources,
            (MEDIA, "GetStreamUri"): lambda: _uri(self.stream),
            (MEDIA, "GetSnapshotUri"): lambda: _uri(self.snapshot),
            (PTZ, "GetNodes"): _nodes,
            (PTZ, "GetPresets"): self._presets,
            (PTZ, "GetStatus"): lambda: self._status(clock),
            (PTZ, "GotoPreset"): lambda: self._goto(asked),
            (PTZ, "SetPreset"): lambda: self._store(asked),
            (PTZ, "ContinuousMove"): lambda: self._move(asked),
            (PTZ, "AbsoluteMove"): lambda: self._place(asked),
            (PTZ, "GotoHomePosition"): self._home,
            (PTZ, "Stop"): lambda: self._stop(asked),
        }
        if operation in self.without or (namespace, operation) not in answers:
            raise SoapFault("Receiver", ("ActionNotSupported",), "Optional Action Not Implemented")
        if namespace != DEVICE and text(asked, "ProfileToken") not in ("", _PROFILE):
            raise SoapFault(
                "Sender", ("InvalidArgVal", "NoProfile"), "Profile token does not exist"
            )
        inside = answers[namespace, operation]()
        return f'<a:{operation}Response xmlns:a="{namespace}">{inside}</a:{operation}Response>'

    def _information(self) -> str:
        return "".join(f"<a:{key}>{escape(value)}</a:{key}>" for key, value in self.named.items())

    def _presets(self) -> str:
        return "".join(
            f"<a:Preset token={quoteattr(token)}><tt:Name>{escape(name)}</tt:Name>"
            f"<tt:PTZPosition>{_position(place)}</tt:PTZPosition></a:Preset>"
            for token, (name, place) in self.presets.items()
        )

    def _status(self, clock: datetime) -> str:
        across = self.head.pan.moving or self.head.tilt.moving
        moving = {True: "MOVING", False: "IDLE"}
        return (
            f"<a:PTZStatus><tt:Position>{_position(self.head.position)}</tt:Position>"
            f"<tt:MoveStatus><tt:PanTilt>{moving[across]}</tt:PanTilt>"
            f"<tt:Zoom>{moving[self.head.zoom.moving]}</tt:Zoom></tt:MoveStatus>"
            f"<tt:UtcTime>{clock:%Y-%m-%dT%H:%M:%SZ}</tt:UtcTime></a:PTZStatus>"
        )

    def _goto(self, asked: Element) -> str:
        token = text(asked, "PresetToken")
        if token not in self.presets:
            raise SoapFault("Sender", ("InvalidArgVal", "NoToken"), "The preset does not exist")
        self.head.go(self.presets[token][1])
        return ""

    def _store(self, asked: Element) -> str:
        token = text(asked, "PresetToken") or f"p{len(self.presets) + 1}"
        before = self.presets.get(token, ("", None))[0]
        self.presets[token] = (text(asked, "PresetName") or before, self.head.position)
        return f"<a:PresetToken>{escape(token)}</a:PresetToken>"

    def _move(self, asked: Element) -> str:
        if (vector := asked.find(".//{*}PanTilt")) is not None:
            self.head.pan.drive(_share(vector, "x"))
            self.head.tilt.drive(_share(vector, "y"))
        if (vector := asked.find(".//{*}Zoom")) is not None:
            self.head.zoom.drive(_share(vector, "x"))
        return ""

    def _place(self, asked: Element) -> str:
        pan, tilt, zoom = self.head.position
        if (vector := asked.find("{*}Position/{*}PanTilt")) is not None:
            pan, tilt = _share(vector, "x"), _share(vector, "y")
        if (vector := asked.find("{*}Position/{*}Zoom")) is not None:
            zoom = _share(vector, "x")
        self.head.go((pan, tilt, zoom))
        return ""

    def _home(self) -> str:
        self.head.go((0.0, 0.0, 0.0))
        return ""

    def _stop(self, asked: Element) -> str:
        if text(asked, "PanTilt") != "false":
            self.head.pan.drive(0)
            self.head.tilt.drive(0)
        if text(asked, "Zoom") != "false":
            self.head.zoom.drive(0)
        return ""


def text(element: Element, name: str) -> str:
    """The text of a child, or nothing."""
    return (element.findtext(f"{{*}}{name}") or "").strip()


def _share(vector: Element, name: str) -> float:
    try:
        share = float(vector.get(name, "0"))
    except ValueError:
        share = math.nan
    if not -1 <= share <= 1:
        raise SoapFault("Sender", ("InvalidArgVal", "InvalidVelocity"), f"{name} is out of range")
    return share


def _time(clock: datetime) -> str:
    stamp = (
        f"<tt:Time><tt:Hour>{clock.hour}</tt:Hour><tt:Minute>{clock.minute}</tt:Minute>"
        f"<tt:Second>{clock.second}</tt:Second></tt:Time><tt:Date><tt:Year>{clock.year}</tt:Year>"
        f"<tt:Month>{clock.month}</tt:Month><tt:Day>{clock.day}</tt:Day></tt:Date>"
    )
    return (
        "<a:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
        "<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>UTC0</tt:TZ>"
        f"</tt:TimeZone><tt:UTCDateTime>{stamp}</tt:UTCDateTime></a:SystemDateAndTime>"
    )


def _services(address: str) -> str:
    paths = {DEVICE: "device_service", MEDIA: "media", PTZ: "ptz"}
    return "".join(
        f"<a:Service><a:Namespace>{namespace}</a:Namespace><a:XAddr>{address}/onvif/{path}"
        "</a:XAddr><a:Version><tt:Major>2</tt:Major><tt:Minor>6</tt:Minor></a:Version></a:Service>"
        for namespace, path in paths.items()
    )


def _capabilities(address: str) -> str:
    paths = {"Device": "device_service", "Media": "media", "PTZ": "ptz"}
    return "<a:Capabilities>{}</a:Capabilities>".format(
        "".join(
            f"<tt:{name}><tt:XAddr>{address}/onvif/{path}</tt:XAddr></tt:{name}>"
            for name, path in paths.items()
        )
    )


def _profiles() -> str:
    return (
        f'<a:Profiles token="{_PROFILE}" fixed="true"><tt:Name>main</tt:Name>'
        '<tt:VideoSourceConfiguration token="source_configuration"><tt:Name>source</tt:Name>'
        "<tt:UseCount>1</tt:UseCount><tt:SourceToken>source_1</tt:SourceToken>"
        '<tt:Bounds x="0" y="0" width="1920" height="1080"/></tt:VideoSourceConfiguration>'
        '<tt:VideoEncoderConfiguration token="encoder"><tt:Name>encoder</tt:Name>'
        "<tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding><tt:Resolution>"
        "<tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution>"
        "<tt:Quality>5</tt:Quality><tt:SessionTimeout>PT60S</tt:SessionTimeout>"
        "</tt:VideoEncoderConfiguration>"
        '<tt:PTZConfiguration token="ptz"><tt:Name>ptz</tt:Name><tt:UseCount>1</tt:UseCount>'
        "<tt:NodeToken>node_1</tt:NodeToken></tt:PTZConfiguration></a:Profiles>"
    )


def _video_sources() -> str:
    return (
        '<a:VideoSources token="source_1"><tt:Framerate>25</tt:Framerate><tt:Resolution>'
        "<tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution></a:VideoSources>"
    )


def _uri(address: str) -> str:
    return (
        f"<a:MediaUri><tt:Uri>{escape(address)}</tt:Uri>"
        "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
        "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
        "<tt:Timeout>PT0S</tt:Timeout></a:MediaUri>"
    )


def _nodes() -> str:
    space = _SPACES.format("PanTiltSpaces/VelocityGenericSpace")
    return (
        '<a:PTZNode token="node_1"><tt:Name>node</tt:Name><tt:SupportedPTZSpaces>'
        f"<tt:ContinuousPanTiltVelocitySpace><tt:URI>{space}</tt:URI>"
        "<tt:XRange><tt:Min>-1</tt:Min><tt:Max>1</tt:Max></tt:XRange>"
        "<tt:YRange><tt:Min>-1</tt:Min><tt:Max>1</tt:Max></tt:YRange>"
        "</tt:ContinuousPanTiltVelocitySpace></tt:SupportedPTZSpaces>"
        "<tt:MaximumNumberOfPresets>100</tt:MaximumNumberOfPresets>"
        "<tt:HomeSupported>true</tt:HomeSupported></a:PTZNode>"
    )


def _position(place: Position) -> str:
    pan, tilt, zoom = place
    return f'<tt:PanTilt x="{pan:.4f}" y="{tilt:.4f}"/><tt:Zoom x="{zoom:.4f}"/>'
