"""The codec `byte-frames`: devices whose questions and answers are short frames of bytes.

A profile's `send`, `expect`, `query` and `parse` are templates (`frames_template`); what is read
is at `{value}` in `parse`. Parameters of the codec: how frames are cut (`frames_cut`), and
templates of answers that are the same for all commands, each optional:

    ok           done; without it and without `expect` no answer is waited for
    fail         refused
    busy         not now
    unsupported  not known
    golden_id    the device's number in the golden frames; 1 if not given

`expect: none`: this command has no answer although others have one. Whatever else comes is not
meant for us and is passed over.
"""

from edge_agent.drivers.dialogue import Dialogue
from edge_agent.drivers.frames_check import problems
from edge_agent.drivers.frames_codec import frame_codec
from edge_agent.room.model import Device

__all__ = ["make", "problems"]


def make(device: Device) -> Dialogue:
    """A driver for a device; opens nothing yet.

    Raises:
        BadConfiguration: the profile's codec cannot be used.
    """
    return Dialogue(device, frame_codec(device.profile))
