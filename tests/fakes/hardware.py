"""Devices of a room that only tests know, and a driver that obeys without a wire."""

from typing import Any

from contract.profile import (
    Alarm,
    Argument,
    Codec,
    Command,
    Document,
    Power,
    Profile,
    Reading,
    Safety,
    Transport,
    Verification,
)
from edge_agent.errors import Unsupported
from edge_agent.room.model import Arguments, Device, Value

POWERS = {"0": "off", "1": "on", "2": "cooling", "3": "warming"}


def profile(kind: str = "projector", **changes: Any) -> Profile:
    """A projector as tests need it: warms 30 s, cools 60 s, tells all four power states."""
    fields: dict[str, Any] = {
        "id": f"test-{kind}",
        "vendor": "Test",
        "models": ("T1",),
        "kind": kind,
        "document": Document(title="none"),
        "verification": Verification(status="unverified", why="it is a test"),
        "transports": (Transport(kind="tcp", port=1),),
        "codec": Codec(name="test"),
        "sources": {"hdmi1": "31", "pc": "32"},
        "commands": {
            "power_on": Command(send="on", confirm="power", confirm_values=("warming", "on")),
            "power_off": Command(send="off", confirm="power", confirm_values=("cooling", "off")),
            "source": Command(
                send="source",
                arguments={"source": Argument(type="source")},
                confirm="source",
                states=("on",),
            ),
            "volume": Command(
                send="volume", arguments={"level": Argument(type="integer")}, confirm="volume"
            ),
        },
        "readings": {
            "power": Reading(query="power", type="choice", values=POWERS, poll=10),
            "source": Reading(query="source", type="text", poll=30, poll_states=("on",)),
            "volume": Reading(query="volume", type="number", poll=30, poll_states=("on",)),
        },
        "power": Power(warming=30, cooling=60),
        "safety": Safety(cool_down=20),
    }
    return Profile(**(fields | changes))


def device(name: str = "projector", of: Profile | None = None, **changes: Any) -> Device:
    of = of or profile()
    fields: dict[str, Any] = {
        "name": name,
        "role": of.kind,
        "profile": of,
        "transport": of.transports[0],
        "host": "127.0.0.1",
        "input": "pc",
    }
    return Device(**(fields | changes))


def ups(*feeds: str) -> Device:
    cuts = profile(
        "ups",
        commands={"load_off": Command(send="load.off")},
        readings={
            "mains": Reading(
                query="status",
                type="choice",
                values={v: v for v in ("online", "battery", "low")},
                poll=5,
            )
        },
        power=None,
        safety=Safety(cuts=("load_off",)),
        alarms=(
            Alarm(
                id="battery",
                point="mains",
                op="!=",
                value="online",
                delay=2,
                severity="critical",
                text="on-battery",
            ),
        ),
    )
    return device("ups", cuts, feeds=feeds)


class ObedientDriver:
    """Implements `ports.driver.Driver`: does what it is told, or fails as it is told to.

    Attributes:
        values: what it answers; `fails`: an error for the next calls, by `connect`, `send`,
            `query` or the name of a point.
        said: everything it was told, in order.
    """

    def __init__(self, device: Device, **values: Value) -> None:
        self.device = device
        self.values: dict[str, Value] = {"power": "off", "source": "pc", "volume": 20.0, **values}
        self.fails: dict[str, list[Exception]] = {}
        self.said: list[tuple[str, dict[str, Value]]] = []
        self.connects = 0
        self.closed = 0

    def __call__(self, device: Device) -> "ObedientDriver":
        return self

    def _fail(self, *names: str) -> None:
        for name in names:
            if self.fails.get(name):
                raise self.fails[name].pop(0)

    async def connect(self) -> None:
        self.connects += 1
        self._fail("connect")

    async def send(self, command: str, arguments: Arguments) -> None:
        self._fail("send", command)
        self.said.append((command, dict(arguments)))
        match command:
            case "power_on":
                self.values["power"] = "on"
            case "power_off":
                self.values["power"] = "off"
            case "volume":
                self.values["volume"] = float(arguments["level"])
            case "source":
                self.values["source"] = arguments["source"]

    async def query(self, point: str) -> Value:
        self._fail("query", point)
        if point not in self.values:
            raise Unsupported(f"no {point}")
        return self.values[point]

    async def close(self) -> None:
        self.closed += 1
