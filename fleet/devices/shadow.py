"""Which report follows which, and what it makes of the reported state. Pure."""

from typing import Any

_DEEPEST = 32


def is_news(
    *, stored: tuple[str, str, int] | None, incoming: tuple[str, str, int], full: bool
) -> bool:
    """Whether a report changes what is stored. Each is (agent, epoch, version).

    A patch needs what it was made for; a whole report is news also from another agent, or from
    an agent whose outbox began anew and counts from zero.
    """
    if stored is None or stored[:2] != incoming[:2]:
        return full
    return incoming[2] > stored[2]


def merge_patch(target: Any, patch: Any, depth: int = 0) -> Any:
    """RFC 7396: null removes a key, objects merge, anything else replaces.

    Raises:
        ValueError: nested deeper than any configuration is.
    """
    if depth > _DEEPEST:
        raise ValueError("the patch is nested too deep")
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value, depth + 1)
    return merged
