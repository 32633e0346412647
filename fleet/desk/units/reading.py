"""A folder of files, one a unit, to what they want. Changes nothing.

    unit: ke-uon
    kind: institution
    above: ke
    name: University of Nairobi
    language: en
    settings:
      upload:
        bytes_per_second: 250000
    rooms:
    - name: Lecture hall 2
      timezone: Africa/Nairobi
      uplink: campus-1
      settings:
        language: fr

The file is called `ke-uon.yaml`. The top has no `above`; a country may have `iso2` and `centre`.
Further keys belong to sections, see `orgs.files`.
"""

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleet.desk.units import yaml_lines
from fleet.desk.units.yaml_lines import Broken
from fleet.errors import Refused
from fleet.orgs import codes, defaults
from fleet.orgs.service import BELOW
from fleet.orgs.wanted import Place, Problem, WantedRoom, WantedUnit
from fleet.web.language import gettext as _

SUFFIX = ".yaml"
_TEXTS = ("iso2", "centre", "language")
_UNIT = ("unit", "kind", "above", "name", *_TEXTS, "settings", "rooms")
_ROOM = ("name", "timezone", "uplink", "settings")


@dataclass(slots=True)
class Read:
    """What was read, and everything that is wrong with it."""

    units: list[WantedUnit] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(folder: Path, sections: Collection[str] = ()) -> Read:
    """Every unit's file of a folder; `sections` are the keys that others read.

    Raises:
        Refused: there is no such folder, or no file in it.
    """
    if not folder.is_dir():
        raise Refused(_("There is no folder %(name)s.", name=folder))
    paths = sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))
    if not paths:
        raise Refused(_("There is no file *.yaml in %(name)s.", name=folder))
    found = Read()
    for path in paths:
        try:
            content = path.read_bytes().decode()
        except UnicodeDecodeError:
            found.problems.append(Problem(1, "", _("Letters are not in UTF-8."), path.name))
            continue
        unit = read_one(path.name, content, sections, found.problems)
        if unit is not None:
            found.units.append(unit)
    return found


def read_one(
    name: str, content: str, sections: Collection[str], problems: list[Problem]
) -> WantedUnit | None:
    """One file; what is wrong with it joins the problems, and then None is returned."""
    try:
        document = yaml_lines.read(content)
    except Broken as error:
        problems.append(Problem(error.line, "", error.message, name))
        return None
    reader = _Reader(document.data, Place(1, name, document.lines), sections)
    unit = reader.unit(name.removesuffix(SUFFIX))
    problems += reader.problems
    return None if reader.problems else unit


class _Reader:
    def __init__(self, data: Any, at: Place, sections: Collection[str]) -> None:
        self.data = data
        self.at = at
        self.sections = sections
        self.problems: list[Problem] = []

    def unit(self, called: str) -> WantedUnit | None:
        data = self.data
        if not isinstance(data, dict):
            self._wrong("", _("A unit's file has keys: unit, kind, above, name."))
            return None
        self._keys("", data, (*_UNIT, *self.sections))
        code, kind = self._text(data, "unit"), self._text(data, "kind")
        if code != called:
            self._wrong("unit", _("The file has to be called %(name)s.", name=f"{code}{SUFFIX}"))
        elif not codes.is_code(code):
            self._wrong("unit", _("Write small letters, digits and hyphens, like ke-uon."))
        if kind not in BELOW:
            self._wrong("kind", _("Write one of %(kinds)s.", kinds=", ".join(BELOW)))
        above = self._text(data, "above", needed=code != codes.TOP)
        name = self._text(data, "name")
        texts = {key: self._text(data, key) for key in _TEXTS if key in data}
        settings = self._settings("settings", data.get("settings"))
        rooms = tuple(self._rooms(data.get("rooms")))
        return WantedUnit(
            code=code,
            kind=kind,  # type: ignore[arg-type] # checked above, and a problem if it is another
            above=above,
            name=name,
            at=self.at,
            settings=settings,
            rooms=rooms,
            sections={key: data[key] for key in self.sections if key in data},
            **texts,
        )

    def _rooms(self, data: Any) -> Iterator[WantedRoom]:
        if data is None:
            return
        if not isinstance(data, list):
            self._wrong("rooms", _("It has to be a list."))
            return
        seen: dict[str, int] = {}
        for number, one in enumerate(data):
            key = f"rooms[{number}]"
            if not isinstance(one, dict):
                self._wrong(key, _("A room has keys: name, timezone."))
                continue
            self._keys(f"{key}.", one, _ROOM)
            at = self._inside(key)
            name = self._text(one, "name", key)
            if name in seen:
                text = _("Line %(line)s has the same room.", line=seen[name])
                self._wrong(f"{key}.name", text)
            seen[name] = at.line
            yield WantedRoom(
                name=name,
                timezone=self._text(one, "timezone", key),
                at=at,
                uplink=self._text(one, "uplink", key) if "uplink" in one else None,
                settings=self._settings(f"{key}.settings", one.get("settings")),
            )

    def _settings(self, key: str, data: Any) -> Mapping[str, Any]:
        if data is None:
            return {}
        if not isinstance(data, dict):
            self._wrong(key, _("It has to have keys: %(keys)s.", keys=", ".join(defaults.KEYS)))
            return {}
        found = {}
        for name, value in data.items():
            try:
                found[name] = defaults.normal(name, value)
            except Refused as error:
                self._wrong(f"{key}.{error.field or name}", error.message)
        return found

    def _keys(self, before: str, data: Mapping[str, Any], known: Collection[str]) -> None:
        for key in data:
            if key not in known:
                text = _("There is no such key; those known: %(keys)s.", keys=", ".join(known))
                self._wrong(f"{before}{key}", text)

    def _text(
        self, data: Mapping[str, Any], key: str, before: str = "", *, needed: bool = True
    ) -> str:
        name = f"{before}.{key}" if before else key
        value = data.get(key, "")
        if not isinstance(value, str):
            self._wrong(name, _("It has to be a text; put it in quotes."))
            return ""
        if needed and key not in ("uplink", *_TEXTS) and not value.strip():
            self._wrong(name, _("It is missing."))
        return unicodedata.normalize("NFC", value).strip()

    def _inside(self, key: str) -> Place:
        """The place of a room: its keys without what is before them."""
        start = f"{key}."
        lines = self.at.lines
        own = {name[len(start) :]: line for name, line in lines.items() if name.startswith(start)}
        return Place(lines.get(key, 1), self.at.file, own)

    def _wrong(self, name: str, text: str) -> None:
        self.problems.append(self.at.problem(name, text))
