"""What a device model can do and how to talk to it: the form of each file in `device_profiles/`.

A profile is data. A driver (`edge_agent/drivers/`) speaks one wire protocol and reads from the
profile which commands and readings the model has; a new model of a known protocol is a new file.

`send`, `expect`, `query` and `parse` are in the words of the profile's codec, whose module says
which; everything else means the same for every codec. Durations are seconds.
"""

from typing import Annotated, Literal

import msgspec

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,47}(?!\n)$")]
"""Of a command, an argument, a reading, a logical source."""

ProfileId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}(?!\n)$")]
"""The name of the profile's file without `.yaml`."""

Text = Annotated[str, msgspec.Meta(min_length=1)]
Duration = Annotated[float, msgspec.Meta(ge=0, le=1e7)]
Scalar = bool | int | float | str

PowerState = Literal["off", "warming", "on", "cooling", "unknown"]
TransportKind = Literal["tcp", "udp", "serial", "http", "local"]
Severity = Literal["info", "warning", "critical"]
Kind = Literal["projector", "panel", "camera", "microphone", "screen", "switcher", "pc", "ups"]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a profile. A key that is not known is a mistake, not a wish."""


class Firmware(_Part, frozen=True, kw_only=True):
    """The range of firmware the profile was written for, both ends inclusive; empty is open."""

    first: str = ""
    last: str = ""


class Document(_Part, frozen=True, kw_only=True):
    """Where the command table stands, so that anyone can look it up."""

    title: Text
    page: str = ""


class Verification(_Part, frozen=True, kw_only=True):
    """How far the profile can be trusted.

    `verified`: tried on a real device; `from-document`: typed from the vendor's table and judged
    by its golden frames; `unverified`: no public table was found, it builds on a generic family.
    """

    status: Literal["verified", "from-document", "unverified"]
    by: str = ""
    on: str = ""
    device: str = ""
    why: str = ""


class Transport(_Part, frozen=True, kw_only=True):
    """One way to reach the device.

    Attributes:
        port: of TCP, UDP or HTTP.
        baud, data_bits, parity, stop_bits: of a serial line.
        auth: what the device asks for; the secret is in the room's configuration, never here.
        single_session: it serves one connection at a time, so nothing else may hold it open.
        min_interval: pause between the end of one exchange and the next request.
        connect_timeout, reply_timeout: limits of a connection, and of one exchange.
        idle_timeout: the device, or we, close a connection that is quiet for so long; 0: never.
        wake: how it is switched on when `power_on` is not to be had over this transport.
    """

    kind: TransportKind
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    baud: int = 9600
    data_bits: Literal[7, 8] = 8
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1
    auth: Literal["none", "pjlink-md5", "pin", "digest", "wsse", "password"] = "none"
    single_session: bool = False
    min_interval: Duration = 0.0
    connect_timeout: Duration = 3.0
    reply_timeout: Duration = 2.0
    idle_timeout: Duration = 0.0
    wake: Literal["none", "wol", "serial"] = "none"


class Codec(_Part, frozen=True, kw_only=True):
    """The driver that speaks the protocol, and what it must know of this family."""

    name: Text
    parameters: dict[Name, Scalar] = msgspec.field(default_factory=dict)


class Argument(_Part, frozen=True, kw_only=True):
    """What a command takes.

    `choice`: one of the keys of `values`, which holds what each is on the wire. `source`: one of
    the profile's `sources`. `flag`: true or false, `values` may hold `on` and `off`.
    """

    type: Literal["integer", "choice", "source", "flag", "text"]
    least: int = 0
    most: int = 100
    values: dict[str, str] = msgspec.field(default_factory=dict)


class Command(_Part, frozen=True, kw_only=True):
    """Something the device can be told.

    Attributes:
        send: frame, template or operation, in the codec's words.
        arguments: by name, in the order of the standard command.
        expect: the answer that means "done", in the codec's words; empty: the codec's own rule.
        settle: the device is left alone for so long after it.
        confirm: the reading that shows that it was obeyed; None: the device offers none.
        confirm_values: values of that reading that count as obeyed; empty: the argument itself.
        states: power states in which the device takes it; empty: in each.
        transports: where it is to be had; empty: on each.
    """

    send: Text
    arguments: dict[Name, Argument] = msgspec.field(default_factory=dict)
    expect: str = ""
    settle: Duration = 0.0
    confirm: Name | None = None
    confirm_values: tuple[str, ...] = ()
    states: tuple[PowerState, ...] = ()
    transports: tuple[TransportKind, ...] = ()


class Reading(_Part, frozen=True, kw_only=True):
    """Something the device can be asked.

    Attributes:
        query: frame, template or operation, in the codec's words.
        parse: where in the answer the value is, in the codec's words.
        type: what comes of it. A `choice` is one of the values of `values`, a `flag` is bool.
        values: what is on the wire → what it means; empty: as it comes. A value that is not
            named here is a garbled answer.
        scale: a number on the wire is multiplied by it.
        unit: of a number, in SI or `%`, `h`, `°C`, `V`.
        poll: asked so often; 0: only when something needs it.
        poll_states: power states in which it is asked; empty: in each.
        stale_after: a value that old is no longer shown as current; 0: three polls.
        transports: where it is to be had; empty: on each.
    """

    query: Text
    parse: str = ""
    type: Literal["number", "choice", "flag", "text"]
    values: dict[str, Scalar] = msgspec.field(default_factory=dict)
    scale: float = 1.0
    unit: str = ""
    poll: Duration = 0.0
    poll_states: tuple[PowerState, ...] = ()
    stale_after: Duration = 0.0
    transports: tuple[TransportKind, ...] = ()


class Power(_Part, frozen=True, kw_only=True):
    """How the device comes on and goes off: off → warming → on → cooling → off.

    `warming` and `cooling` are how long each lasts at the most. A device whose `power` reading
    does not tell them apart is taken to be in them for so long.
    """

    warming: Duration = 0.0
    cooling: Duration = 0.0


class Safety(_Part, frozen=True, kw_only=True):
    """What must not be done to it.

    Attributes:
        cool_down: its mains must not be cut while it is on, warming or cooling, nor for so long
            after its lamp went off.
        least_between_switches: pause between switching it on and off, and the reverse.
        cuts: commands that cut the mains of whatever the device feeds.
    """

    cool_down: Duration = 0.0
    least_between_switches: Duration = 0.0
    cuts: tuple[Name, ...] = ()


class Alarm(_Part, frozen=True, kw_only=True):
    """A reading that needs a person.

    Attributes:
        id: unique in the profile; `offline` is raised for each device by itself.
        point: the reading; `op` and `value`: what is wrong.
        delay: it must be so for so long before it is said.
        clear: for numbers, the value at which it is over; None: as soon as it is not so.
        clear_delay: it must be well again for so long.
        masked_by: alarms of the same device that make this one pointless.
        text: key of the text that says what it is and what to do.
    """

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,47}(?!\n)$")]
    point: Name
    op: Literal["<", "<=", ">", ">=", "==", "!="]
    value: Scalar
    delay: Duration = 0.0
    clear: float | None = None
    clear_delay: Duration = 0.0
    severity: Severity = "warning"
    masked_by: tuple[str, ...] = ("offline",)
    text: Text


class Golden(_Part, frozen=True, kw_only=True):
    """A frame as the vendor's document shows it: what is sent, and what the device answers.

    For one `command` with `arguments`, or one `reading` whose answer means `value`. `sent` and
    `received` are hexadecimal bytes, or text in quotes for protocols of lines.
    """

    command: Name | None = None
    arguments: dict[Name, Scalar] = msgspec.field(default_factory=dict)
    reading: Name | None = None
    value: Scalar | None = None
    sent: Text
    received: str = ""
    source: Text


QualityRule = Literal[
    "document",
    "golden_frames",
    "power_feedback",
    "read_back",
    "source_feedback",
    "errors",
    "hours",
    "temperature",
    "authentication",
    "reconnect",
    "simulated",
    "judged",
    "real_device",
]
"""What makes a profile good. `standards.RULES` in words."""


class Quality(_Part, frozen=True, kw_only=True):
    """Where the profile stands by one rule; `todo` and `exempt` say why."""

    status: Literal["done", "todo", "exempt"]
    why: str = ""


class Profile(_Part, frozen=True, kw_only=True):
    """One device model, or a family of them.

    Attributes:
        id: the file's name.
        extends: another profile this one is laid over: mappings are merged, lists replaced.
        sources: logical name of an input → what it is on the wire.
        limits: what the device cannot do, in words; its readings and commands are not guessed.
    """

    id: ProfileId
    extends: ProfileId | None = None
    vendor: Text
    models: tuple[Text, ...]
    kind: Kind
    firmware: Firmware = msgspec.field(default_factory=Firmware)
    document: Document
    verification: Verification
    transports: Annotated[tuple[Transport, ...], msgspec.Meta(min_length=1)]
    codec: Codec
    sources: dict[Name, str] = msgspec.field(default_factory=dict)
    commands: dict[Name, Command] = msgspec.field(default_factory=dict)
    readings: dict[Name, Reading] = msgspec.field(default_factory=dict)
    power: Power | None = None
    alarms: tuple[Alarm, ...] = ()
    quirks: tuple[Text, ...] = ()
    safety: Safety = msgspec.field(default_factory=Safety)
    limits: tuple[Text, ...] = ()
    golden: tuple[Golden, ...] = ()
    quality: dict[QualityRule, Quality] = msgspec.field(default_factory=dict)

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What it can do: its commands and readings, each once, in order of name."""
        return tuple(sorted(self.commands.keys() | self.readings.keys()))
