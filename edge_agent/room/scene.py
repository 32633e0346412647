"""What a scene consists of: the form of each file in `device_profiles/scenes/`."""

from typing import Annotated

import msgspec

from contract.profile import Kind, Name, ProfileId, Scalar, Text

INPUT = "$input"
"""As an argument: the input of the device that the room's configuration names for the lesson."""
TEXT = "$text"
"""As an argument: the text the scene was called with."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a scene. A key that is not known is a mistake."""


class Condition(_Part, frozen=True, kw_only=True):
    """A reading of the step's device is one of `one_of`, or, with `none_of`, is none of them.

    A reading that is not known is none of anything, and so meets only a `none_of`.
    """

    point: Name
    one_of: tuple[Scalar, ...] = ()
    none_of: tuple[Scalar, ...] = ()


class Step(_Part, frozen=True, kw_only=True):
    """One step, on every device of a role at once.

    Attributes:
        name: for the log and the report.
        role: whose devices are meant. A room without one skips the step.
        device: one device by its name, instead of a role.
        command, arguments: what each is told.
        when: only the devices that meet it are told; the others count as skipped.
        until: the step is over when each device meets it.
        recording: the step is over when a take runs. It does not start one: that never waits for
            a scene.
        limit: seconds until the step has failed.
        retries: how often a device that failed is told again within the limit.
        stop_on_failure: what comes after it is not done; otherwise the scene goes on.
    """

    name: Text
    role: Kind | None = None
    device: str | None = None
    command: Name | None = None
    arguments: dict[Name, Scalar] = msgspec.field(default_factory=dict)
    when: Condition | None = None
    until: Condition | None = None
    recording: bool = False
    limit: Annotated[float, msgspec.Meta(gt=0, le=600)] = 10.0
    retries: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    stop_on_failure: bool = False


class Restore(_Part, frozen=True, kw_only=True):
    """A command that brings a reading back to what it was when the scene began.

    With `only`, it is given when the reading was one of these; `argument` is what takes the value.
    """

    point: Name
    command: Name
    argument: Name | None = None
    only: tuple[Scalar, ...] = ()


class Scene(_Part, frozen=True, kw_only=True):
    """Steps in order.

    Attributes:
        restores: done for each device of the steps' roles, in order, when somebody says that the
            scene is over. Until then no other scene that touches one of its devices begins; the
            last one asked for waits.
    """

    id: ProfileId
    title: Text
    steps: tuple[Step, ...]
    restores: tuple[Restore, ...] = ()
