"""What rooms measure, and what their PCs say of themselves, in the language of the reader.

Programs, files and rules of alarms know a reading by its name (`lamp_hours`), people by its words.
What has no words here is shown by its name.
"""

from collections.abc import Mapping

from fleet.web.language import gettext as _

FLAGS = frozenset({
    "mute", "blank", "freeze", "touch_lock", "microphone", "signal", "tracking", "connected",
    "recording", "x_camera", "x_auto_brightness", "x_noise_reduction",
})  # fmt: skip
"""Readings that are 1 or 0 for yes or no."""


def reading(point: str) -> str:
    """What a reading measures."""
    return {**_of_standard(), **_of_the_agent(), **_of_profiles()}.get(point, point)


def series(device: str, point: str) -> str:
    """A reading of a device; the device's name is apart, so that it does not turn the words."""
    name = f"\N{FIRST STRONG ISOLATE}{device}\N{POP DIRECTIONAL ISOLATE}"
    return f"{name} · {reading(point)}"


def flag(point: str, value: float) -> str:
    """Yes or no, for a reading that is either; else empty."""
    if point not in FLAGS or value not in (0.0, 1.0):
        return ""
    return _("Yes") if value else _("No")


def fact(name: str) -> str:
    """What a PC says of itself."""
    return {
        "version": _("Version of this description"),
        "hostname": _("Name of the PC"),
        "os": _("Operating system"),
        "cpu_count": _("Processors"),
        "memory_bytes": _("Memory fitted"),
        "disk_bytes": _("Size of the disk"),
        "agent_version": _("Software version"),
    }.get(name, name)


def _of_standard() -> Mapping[str, str]:
    return {
        "power": _("Power"),
        "pc_power": _("Built-in PC"),
        "mains": _("Electricity supply"),
        "error_fan": _("State of the fan"),
        "error_lamp": _("State of the lamp"),
        "error_temperature": _("State of the cooling"),
        "error_cover": _("State of the cover"),
        "error_filter": _("State of the filter"),
        "error_other": _("Other faults"),
        "source": _("Chosen input"),
        "volume": _("Loudness"),
        "mute": _("Sound muted"),
        "blank": _("Picture hidden"),
        "freeze": _("Picture held still"),
        "backlight": _("Backlight"),
        "touch_lock": _("Touch locked"),
        "microphone": _("Microphone open"),
        "signal": _("Picture signal there"),
        "lamp_hours": _("Lamp hours"),
        "panel_hours": _("Panel hours"),
        "filter_hours": _("Filter hours"),
        "temperature": _("Temperature"),
        "preset": _("Camera preset"),
        "tracking": _("Camera follows the speaker"),
        "pan": _("Camera pan"),
        "tilt": _("Camera tilt"),
        "zoom": _("Camera zoom"),
        "charge": _("Battery charge"),
        "runtime": _("Time left on battery"),
        "load": _("Load"),
        "voltage": _("Voltage"),
        "cpu": _("Processor load"),
        "memory": _("Memory in use"),
        "disk_free": _("Free disk space"),
        "clock_skew": _("Clock ahead by"),
        "level": _("Sound level"),
        "model": _("Model"),
        "serial": _("Serial number"),
        "firmware": _("Firmware"),
        "name": _("Name of the device"),
    }


def _of_the_agent() -> Mapping[str, str]:
    return {
        "connected": _("Connected to the fleet"),
        "malformed": _("Malformed messages"),
        "stray": _("Unexpected messages"),
        "waiting": _("Waiting to be sent"),
        "waiting_bytes": _("Data waiting to be sent"),
        "recording": _("Recording now"),
    }


def _of_profiles() -> Mapping[str, str]:
    return {
        "x_camera": _("Built-in camera on"),
        "x_auto_brightness": _("Automatic brightness"),
        "x_noise_reduction": _("Noise reduction"),
        "x_no_signal_off": _("Time without signal until off"),
        "x_part_number": _("Part number"),
        "x_moving": _("Camera moves"),
    }
