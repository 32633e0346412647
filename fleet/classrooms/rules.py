"""What a room may be called, and where its clock may stand. Pure."""

import unicodedata

from fleet.errors import Refused
from fleet.orgs.table import timezones
from fleet.web.language import gettext as _

FIELDS = ("name", "timezone", "uplink")
"""What of a room may change, besides its unit."""


def checked(field: str, value: str) -> str:
    """The value of a room's field, trimmed and in Unicode's normal form.

    Raises:
        Refused: it is wrong; `field` says which it was.
    """
    value = unicodedata.normalize("NFC", value).strip()
    if any(unicodedata.category(letter) == "Cc" for letter in value):
        raise Refused(_("%(field)s: no control characters", field=field), field=field)
    if field == "name" and not 0 < len(value) <= 200:
        raise Refused(_("name: give it 1 to 200 characters"), field=field)
    if field == "uplink" and len(value) > 100:
        raise Refused(_("uplink: 100 characters at most"), field=field)
    if field == "timezone" and value not in timezones():
        text = _("timezone: %(name)s is not one; write it like Africa/Nairobi", name=repr(value))
        raise Refused(text, field=field)
    return value
