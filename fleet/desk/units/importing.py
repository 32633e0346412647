"""Importing a table of organisations and rooms: looked at first, then all of it or nothing."""

from fleet.db import Session
from fleet.desk.units import applying, planning
from fleet.desk.units.changes import Plan
from fleet.errors import Refused
from fleet.orgs import matching
from fleet.orgs import service as orgs
from fleet.orgs import table as tables
from fleet.orgs.files import Act
from fleet.orgs.wanted import Problem
from fleet.web.language import gettext as _


def look(session: Session, content: bytes) -> Plan:
    """What importing a table would do; with problems it would do nothing."""
    table = tables.read(content)
    if table.problems:
        return Plan((), problems=table.problems)
    known = orgs.subtree(session) or [orgs.new_top()]
    found = matching.match(table, known)
    if found.problems:
        return Plan((), problems=found.problems)
    notes = list(found.notes)
    if table.ignored:
        text = _("Not kept: %(columns)s", columns=", ".join(table.ignored))
        notes.append(Problem(1, "", text))
    return planning.plan(session, found.units, notes=notes)


def carry_out(session: Session, content: bytes, act: Act) -> Plan:
    """Import a table; returns what was done.

    Raises:
        Refused: something is wrong with it.
        FleetError: something cannot be done; the transaction has to be given up.
    """
    plan = look(session, content)
    if plan.problems:
        raise Refused(said(plan.problems[0]))
    applying.apply(session, plan.changes, act)
    return plan


def said(problem: Problem) -> str:
    """A problem of a table in one line."""
    where = _("row %(row)s", row=problem.line) if problem.line else ""
    place = ", ".join(part for part in (where, problem.field) if part)
    return f"{place}: {problem.text}" if place else problem.text
