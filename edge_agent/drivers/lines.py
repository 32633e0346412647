r"""The codec `lines`: devices that are told and answer in lines of text (Extron SIS, LG, …).

A profile's `send` and `query` are lines; `{argument}` stands for what it is on the wire, `{id}`
for the device's number, `{level:02x}` and `{level:03d}` for a number in that form. `expect` and
`parse` are regular expressions the whole line must fit, in which those places stand for what was
sent; `parse` has a group `value`, or `hex` for a number in hexadecimal digits. Golden frames are
text in quotes without the ends of lines, with JSON's escapes. Parameters of the codec:

    ends_with    what ends a line of the device; CR LF if not given
    sends        what ends a line of ours; CR if not given
    ok           what means "done" for every command without `expect`; without either, a command
                 has no answer and none is waited for
    error        what an error looks like; its group `code` says which
    busy         codes, with spaces between them, that mean "not now"
    unsupported  codes that mean "I have no such thing"; every other code refuses
    prompt       how the device asks for a password, over the network only
    welcome      what it says when the password was right
    golden_id    the device's number in the golden frames; 1 if not given

`expect: none`: this command has no answer although others have one. Lines that fit nothing, such
as those a switcher says when somebody presses its buttons, are passed over.
"""

from edge_agent.drivers.dialogue import Dialogue
from edge_agent.drivers.exchange import exchange
from edge_agent.drivers.lines_check import problems
from edge_agent.drivers.lines_codec import LineCodec, line_codec
from edge_agent.errors import EdgeError, Garbled, Refused, Unreachable
from edge_agent.room.model import Device

__all__ = ["make", "problems"]


def make(device: Device) -> "LinesDriver":
    """A driver for a device; opens nothing yet.

    Raises:
        BadConfiguration: the profile's codec cannot be used.
    """
    return LinesDriver(device, line_codec(device.profile))


class LinesDriver(Dialogue):
    """One device; see `edge_agent.ports.driver.Driver`."""

    def __init__(self, device: Device, codec: LineCodec) -> None:
        super().__init__(device, codec)
        self._lines = codec

    async def connect(self) -> None:
        """Open the line and, where a password is configured for it, say it when asked."""
        await self.wire.open()
        if not self.device.password or self._lines.prompt is None:
            return
        if self.device.transport.kind == "serial":
            return
        try:
            await self._say_password()
        except EdgeError:
            await self.wire.close()
            raise

    async def _say_password(self) -> None:
        limit = self.device.transport.reply_timeout
        try:
            await exchange(self.wire, b"", self._lines.take, self._prompted, limit)
        except Unreachable as error:
            raise Unreachable(f"it never asked for the password: {error}") from error
        password = self.device.password.encode() + (self._lines.sends or b"\r")
        try:
            let_in = await exchange(self.wire, password, self._lines.take, self._welcomed, limit)
        except Garbled:
            # It would show what came, and a device may repeat what it is told.
            raise Garbled("what came after the password is no answer to it") from None
        if not let_in:
            raise Refused("the device does not take our password")

    def _prompted(self, line: bytes) -> bool | None:
        return self._lines.asks_for_password(line) or None

    def _welcomed(self, line: bytes) -> bool | None:
        """Whether we are in; None: the line says nothing of it."""
        if self._lines.asks_for_password(line):
            return False
        return self._lines.welcomes(line) or None
