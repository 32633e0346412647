"""What may be wanted of all rooms of a unit: keys of `contract.messages.DesiredState`. Pure.

A unit's defaults hold for its rooms and for those of all units below, unless one of those wants
something else. None is a value: leave it to the room's own configuration.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from contract import messages as m
from fleet.errors import Refused
from fleet.web.language import gettext as _

KEYS = ("upload", "language", "report_seconds", "quiet_minutes", "record_timetable")
"""In the order of files. Timetable and courses come from the timetable, never from here."""


def normal(key: str, value: Any) -> Any:
    """`value` as JSON and as every comparison has it.

    Raises:
        Refused: there is no such key, or the value does not fit it; `field` is the key.
    """
    if key not in KEYS:
        text = _("There is no such setting; those that are: %(keys)s.", keys=", ".join(KEYS))
        raise Refused(text, field=key)
    if isinstance(value, Mapping):
        known = m.UploadPolicy.__struct_fields__
        if unknown := [name for name in value if name not in known]:
            text = _("There is no %(name)s; there is: %(keys)s.", name=unknown[0], keys=known[0])
            raise Refused(text, field=f"{key}.{unknown[0]}")
    try:
        wanted = msgspec.convert({key: value}, m.DesiredState, strict=True)
    except msgspec.ValidationError as error:
        raise Refused(str(error), field=key) from error
    return _plain(getattr(wanted, key))


UNSET: Mapping[str, Any] = {
    key: msgspec.to_builtins(getattr(m.DesiredState(), key)) for key in KEYS
}
"""What is wanted of a room of which nobody wants anything."""


def effective(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What holds, for each key, given the defaults from the top of the organisation down."""
    found = dict(UNSET)
    for layer in layers:
        found.update(layer)
    return found


def _plain(value: Any) -> Any:
    """JSON types; whole numbers without a point, so that a file is read and written alike."""
    plain = msgspec.to_builtins(value)
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain
