"""Orders to devices: each is asked, and the answers are put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from contract.messages import Reply
from edge_agent.loops.bus import Bus
from edge_agent.loops.order_arguments import NotObeyed, Told
from edge_agent.loops.signals import AskDevice, DeviceAnswered
from edge_agent.room.model import Device

LIMIT_SECONDS: Final = 30.0
INTERRUPTING: Final = ("power_off", "restart", "pc_off", "load_off")


@dataclass(slots=True)
class _Asked:
    """Devices that were asked for an order, and what they answered so far."""

    devices: tuple[str, ...]
    alone: bool
    answers: dict[str, DeviceAnswered] = field(default_factory=dict)


class DeviceOrders:
    """Asks devices over the bus; `say` is told what became of each order."""

    def __init__(self, devices: Sequence[Device], bus: Bus, say: Callable[[Reply], None]) -> None:
        self._devices = devices
        self._bus = bus
        self._say = say
        self._asked: dict[str, _Asked] = {}
        bus.on(DeviceAnswered, self._answered)

    def meant(self, told: Told) -> tuple[str, ...]:
        """The names of the devices that a command is for.

        Raises:
            NotObeyed: the room has no device of that role.
        """
        if told.device:
            return (told.device,)
        names = tuple(device.name for device in self._devices if device.role == told.role)
        if not names:
            raise NotObeyed(f"this room has no {told.role}")
        return names

    def ask(self, order: str, told: Told) -> None:
        """Tell them; a reply follows when each has answered."""
        names = self.meant(told)
        self._asked[order] = _Asked(names, alone=bool(told.device))
        for name in names:
            request = order if told.device else f"{order}:{name}"
            self._bus.publish(AskDevice(request, name, told.command, told.arguments, LIMIT_SECONDS))

    def _answered(self, answer: DeviceAnswered) -> None:
        order = answer.request.partition(":")[0]
        asked = self._asked.get(order)
        if asked is None or answer.device not in asked.devices:
            return  # scenes and the touch page ask devices too
        asked.answers[answer.device] = answer
        if len(asked.answers) == len(asked.devices):
            del self._asked[order]
            self._say(_reply(order, asked))


def _reply(order: str, asked: _Asked) -> Reply:
    if asked.alone:
        (answer,) = asked.answers.values()
        return Reply(order=order, phase="done" if answer.ok else "rejected", why=answer.why)
    answers = [asked.answers[name] for name in asked.devices]
    failed = [answer for answer in answers if not answer.ok]
    return Reply(
        order=order,
        phase="failed" if failed else "done",
        why="; ".join(f"{answer.device}: {answer.why}" for answer in failed)[:500],
        result={"devices": {a.device: {"ok": a.ok, "why": a.why} for a in answers}},
    )
