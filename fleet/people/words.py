"""Names of roles and permissions, in the language of the request."""

from fleet.web.language import gettext as _


def role_names() -> dict[str, str]:
    """What people call each role."""
    return {
        "secretariat": _("Secretariat"),
        "national-centre": _("National centre"),
        "institution-it": _("IT staff"),
        "instructor": _("Instructor"),
        "viewer": _("Viewer"),
    }


def permission_names() -> dict[str, str]:
    """What each permission lets one do."""
    return {
        "staff.see": _("see rooms, lessons and recordings"),
        "rooms.change": _("change rooms"),
        "rooms.order": _("send orders to rooms"),
        "rooms.look": _("look into rooms"),
        "alarms.change": _("answer alarms"),
        "courses.change": _("change courses and timetables"),
        "recordings.change": _("change recordings"),
        "people.change": _("look after people"),
        "units.change": _("change the organisation"),
        "webhooks.change": _("set up webhooks"),
        "audit.see": _("read the audit trail"),
    }
