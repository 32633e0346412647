"""The words all profiles share: standard commands, readings, and the rules of quality.

A scene or a page that says `power_on` means the same for each device; a profile's own command or
reading has a name that begins with `x_`.
"""

from typing import Final

from contract.profile import QualityRule

COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "power_on": (),
    "power_off": (),
    "source": ("source",),
    "volume": ("level",),
    "mute": ("on",),
    "blank": ("on",),
    "freeze": ("on",),
    "backlight": ("level",),
    "touch_lock": ("on",),
    "microphone": ("on",),
    "preset": ("number",),
    "preset_store": ("number",),
    "park": (),
    "home": (),
    "tracking": ("on",),
    "move": ("pan", "tilt"),
    "zoom": ("speed",),
    "stop": (),
    "message": ("text",),
    "lock": (),
    "restart": (),
    "pc_on": (),
    "pc_off": (),
    "load_off": (),
}
"""Names of their arguments, in order. `volume` and `backlight` are percent, `pan`, `tilt` and
`speed` from -100 to 100; `park` turns a camera to the wall."""

POWER: Final = ("off", "warming", "on", "cooling")
GRADES: Final = ("ok", "warning", "error")

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "power": POWER,
    "pc_power": ("off", "on", "sleep", "hibernate"),
    "mains": ("online", "battery", "low"),
    "error_fan": GRADES,
    "error_lamp": GRADES,
    "error_temperature": GRADES,
    "error_cover": GRADES,
    "error_filter": GRADES,
    "error_other": GRADES,
}
"""Standard readings with a closed set of values; telemetry carries a value's place in the row."""

READINGS: Final = frozenset(CHOICES) | {
    "source", "volume", "mute", "blank", "freeze", "backlight", "touch_lock", "microphone",
    "signal", "lamp_hours", "panel_hours", "filter_hours", "temperature", "preset", "tracking",
    "pan", "tilt", "zoom", "charge", "runtime", "load", "voltage", "cpu", "memory", "disk_free",
    "clock_skew", "level", "model", "serial", "firmware", "name",
}  # fmt: skip
"""Names that mean the same in each profile. `signal` is whether the selected input has one;
`clock_skew` seconds by which the device's clock is ahead."""

RULES: Final[dict[QualityRule, str]] = {
    "document": "The command table is public and named, with its page.",
    "golden_frames": "Frames of the document are kept and hold in both directions.",
    "power_feedback": "It can be asked whether it is on.",
    "read_back": "Each command is confirmed by a reading.",
    "source_feedback": "It can be asked what it shows.",
    "errors": "It tells of its own faults.",
    "hours": "It tells its hours of use.",
    "temperature": "It tells its temperature.",
    "authentication": "It asks who commands it.",
    "reconnect": "A cut line is found and mended; tested.",
    "simulated": "A simulator speaks its wire, with faults.",
    "judged": "A client not written here agrees with the simulator.",
    "real_device": "Tried on a real device.",
}
