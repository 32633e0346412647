"""JSON routes that PCs call to get and keep an identity."""

import logging
import time
from datetime import UTC, datetime

from fastapi import APIRouter, Request

from contract import http
from fleet.classrooms import enrolment, tokens
from fleet.classrooms.authority import Authority
from fleet.classrooms.deps import bearer_of
from fleet.classrooms.enrolment import Enrolled
from fleet.classrooms.schemas import EnrolIn, EnrolmentOut, RenewIn
from fleet.classrooms.throttle import Throttle
from fleet.db.requests import WriteSession
from fleet.errors import Forbidden, TooMany
from fleet.settings import FleetSettings

router = APIRouter(tags=["enrolment"])
log = logging.getLogger(__name__)


@router.post(http.ENROL_PATH, status_code=201)
def enrol(request: Request, asked: EnrolIn, session: WriteSession) -> EnrolmentOut:
    """Trade a claim token and a signing request for a certificate."""
    settings: FleetSettings = request.app.state.settings
    throttle: Throttle = request.app.state.throttle
    address = request.client.host if request.client else ""
    if not throttle.is_open(address, time.monotonic()):
        raise TooMany("too many wrong claims from this address: wait a minute")
    authority: Authority = request.app.state.authority
    now = datetime.now(UTC)
    try:
        made = enrolment.enrol(
            session, authority, asked.claim, asked.csr, now, settings.certificate_days
        )
    except Forbidden:
        throttle.failed(address, time.monotonic())
        log.warning("enrolment refused: address=%s", address)
        raise
    log.info("enrolled: agent=%s address=%s", made.agent, address)
    return _answer(request, made)


@router.post(http.RENEW_PATH)
def renew(request: Request, asked: RenewIn, session: WriteSession) -> EnrolmentOut:
    """A fresh certificate for an agent; its token proves the key it had."""
    settings: FleetSettings = request.app.state.settings
    now = datetime.now(UTC)
    leeway = settings.token_leeway_seconds
    agent, key = tokens.signer(session, bearer_of(request), now, leeway=leeway)
    made = enrolment.renew(
        session,
        request.app.state.authority,
        agent.agent,
        key,
        asked.csr,
        now,
        settings.certificate_days,
    )
    log.info("renewed: agent=%s", made.agent)
    return _answer(request, made)


def _answer(request: Request, made: Enrolled) -> EnrolmentOut:
    settings: FleetSettings = request.app.state.settings
    authority: Authority = request.app.state.authority
    return EnrolmentOut.of(made, authority.authorities, settings.rooms_broker, settings.url)
