"""The overview's table: which units somebody sees, and their numbers. Made once a version."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from fleet.db.paths import inside
from fleet.desk.board import Counts, Snapshot, Unit
from fleet.errors import NotFound
from fleet.web import language
from fleet.web.language import gettext as _
from fleet.web.render import fragment


@dataclass(frozen=True, slots=True)
class Table:
    """What one page of the overview shows.

    Attributes:
        unit: the unit chosen, None for all that the viewer may see.
        above: the way to it, from the top.
        rows: the units below it, each with its numbers.
        own: numbers of rooms right in it; None where there are none or nothing else.
        total: numbers of all of it.
        reach: the subtrees it is about.
    """

    unit: Unit | None
    above: Sequence[Unit]
    rows: Sequence[tuple[Unit, Counts]]
    own: Counts | None
    total: Counts
    reach: tuple[str, ...]


def table(snapshot: Snapshot, reach: tuple[str, ...], unit_id: str = "") -> Table:
    """The table of a unit, or of all that somebody may see.

    Raises:
        NotFound: there is no such unit within their reach.
    """
    unit = snapshot.by_id(unit_id) if unit_id else None
    if unit_id and (unit is None or not any(inside(unit.path, prefix) for prefix in reach)):
        raise NotFound(_("There is no such thing, or you may not see it."))
    tops = [unit] if unit else snapshot.tops(reach)
    if len(tops) == 1:
        top = tops[0]
        below = snapshot.below(top.path)
        rows = [(one, snapshot.under(one.path)) for one in below]
        own = snapshot.own.get(top.path)
        return Table(
            unit=unit,
            above=snapshot.above(top.path, reach) if unit else (),
            rows=rows,
            own=own if own and own.rooms and rows else None,
            total=snapshot.under(top.path if unit or "" not in reach else ""),
            reach=(top.path,) if unit else reach,
        )
    rows = [(one, snapshot.under(one.path)) for one in tops]
    return Table(None, (), rows, None, snapshot.seen(reach), reach)


def html(snapshot: Snapshot, shown: Table) -> Markup:
    """The table as HTML in the language of the request; one text for all who see the same."""
    unit_id = shown.unit.id if shown.unit else ""
    key = (shown.reach, unit_id, language.current())
    text = snapshot.drawn.get(key)
    if text is None:
        text = snapshot.drawn[key] = fragment("desk/board.html", table=shown)
    return Markup(text)  # noqa: S704 - a template made it, and escaped what it was given
