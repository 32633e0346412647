"""Catalogues of translations, read from their `.po` files: no compiled copy to forget.

`python -m fleet.web.catalogues` brings them up to date with the texts of the program, and says
which of them still need words.
"""

import sys
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.support import NullTranslations, Translations

FOLDER = Path(__file__).parent / "locales"
_SOURCES = Path(__file__).parents[1]
_METHODS = [
    ("**/templates/**.html", "jinja2"),
    ("**/templates/**.txt", "jinja2"),
    ("**.py", "python"),
]
_OPTIONS: dict[str, dict[str, object]] = {
    "**/templates/**.html": {"newstyle_gettext": "true", "trimmed": "true"},
    "**/templates/**.txt": {"newstyle_gettext": "true", "trimmed": "true"},
}
_NOISE = (
    b'"Project-',
    b'"Report-',
    b'"POT-',
    b'"PO-',
    b'"Last-',
    b'"Language-Team',
    b'"Generated-',
)
"""Babel's header lines, which would change with each run."""


def path(language: str) -> Path:
    """Where the catalogue of a language is."""
    return FOLDER / language / "LC_MESSAGES" / "lectern.po"


def read(language: str) -> Catalog:
    """The catalogue of a language as a Babel catalogue."""
    with path(language).open("rb") as file:
        return read_po(file, locale=language)


@cache
def translations(language: str) -> NullTranslations:
    """Translations ready for use; English needs only its plural forms, which are in the source."""
    if not path(language).exists():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read(language))
    compiled.seek(0)
    return Translations(compiled)


def extract() -> Catalog:
    """Every text of the fleet's templates and Python files that goes through gettext."""
    found = Catalog(project="Lectern", charset="utf-8")
    for file, line, message, comments, context in extract_from_dir(
        _SOURCES, _METHODS, _OPTIONS, keywords=_KEYWORDS
    ):
        found.add(message, None, [(file, line)], auto_comments=comments, context=context)
    return found


_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "NoneFound": None,  # the tray shows why a recording has found no lesson
    "Several": (2,),
}


def update(language: str) -> list[str]:
    """Add texts that are new to a catalogue, drop those that are gone; returns what lacks words."""
    catalogue = read(language)
    catalogue.update(extract(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    for message in catalogue:
        message.locations = []
    written = BytesIO()
    write_po(written, catalogue, width=100, no_location=True)
    lines = written.getvalue().splitlines(keepends=True)
    path(language).write_bytes(b"".join(line for line in lines if not line.startswith(_NOISE)))
    return [str(message.id) for message in catalogue if message.id and not complete(message)]


def complete(message: Message) -> bool:
    """Whether a message is translated in all its forms, and sure."""
    forms = message.string if isinstance(message.string, tuple) else (message.string,)
    return bool(forms) and all(forms) and not message.fuzzy


if __name__ == "__main__":
    for folder in sorted(FOLDER.iterdir()):
        for text in update(folder.name):
            sys.stdout.write(f"{folder.name}: {text}\n")
