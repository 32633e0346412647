"""Every module with tables, so that `Base.metadata` is whole."""

from fleet.alerts import models as alerts
from fleet.audit import models as audit
from fleet.auth import models as auth
from fleet.classrooms import models as classrooms
from fleet.courses import models as courses
from fleet.db import Base
from fleet.desk.rooms import models as desk_rooms
from fleet.desk.search import models as desk_search
from fleet.devices import models as devices
from fleet.inbox import models as inbox
from fleet.jobs import models as jobs
from fleet.notices import models as notices
from fleet.orders import models as orders
from fleet.orgs import models as orgs
from fleet.publishing import models as publishing
from fleet.recordings import models as recordings
from fleet.telemetry import models as telemetry
from fleet.webhooks import models as webhooks

ALL = (
    alerts,
    audit,
    auth,
    classrooms,
    courses,
    desk_rooms,
    desk_search,
    devices,
    inbox,
    jobs,
    notices,
    orders,
    orgs,
    publishing,
    recordings,
    telemetry,
    webhooks,
)
metadata = Base.metadata
