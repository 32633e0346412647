"""JSON merge patches (RFC 7396). Documents hold no null values: null means "removed"."""

from typing import Any

Document = dict[str, Any]


def difference(old: Document, new: Document) -> Document:
    """The patch that makes `new` of `old`."""
    patch: Document = dict.fromkeys(old.keys() - new.keys())
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            if deeper := difference(before, value):
                patch[key] = deeper
        elif key not in old or before != value:
            patch[key] = value
    return patch


def apply(document: Document, patch: Document) -> Document:
    """`document` with `patch` merged into it; neither is changed."""
    merged = dict(document)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            before = merged.get(key)
            merged[key] = apply(before if isinstance(before, dict) else {}, value)
        else:
            merged[key] = value
    return merged
