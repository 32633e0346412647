"""Requests and answers of the tus server."""

import asyncio
import errno
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Generic, TypeVar

from contract.http import UPLOADS_PATH
from fleet.errors import Conflict, FleetError, NotFound
from fleet.recordings.tus import protocol
from fleet.recordings.tus.errors import NoSpace, Stalled, TooLarge, WrongDigest, WrongMethod
from fleet.recordings.tus.part import Part
from fleet.recordings.tus.ports import Intake, Unfinished
from fleet.recordings.tus.protocol import Checksum
from fleet.recordings.tus.receiving import Message, Pace, Receive, Reception
from fleet.recordings.tus.request import Answer, Request

log = logging.getLogger(__name__)

Owner = TypeVar("Owner")
T = TypeVar("T")

_NORMAL = Pace()
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
_DIGESTS = 4096
"""Running digests kept between requests; an upload whose digest was dropped is read again."""


class TusApp(Generic[Owner]):
    """An ASGI application. Serve it with httptools and uvloop.

    Args:
        intake: keeps the books of uploads.
        authenticate: who holds a bearer token; raises `Unauthorised`.
        base: the path that creates uploads; theirs follow below it.
        pace: how much is written and synced at a time.
        threads: requests that may touch the disk at the same time.
    """

    def __init__(
        self,
        intake: Intake[Owner],
        authenticate: Callable[[str], Awaitable[Owner]],
        *,
        base: str = UPLOADS_PATH,
        pace: Pace = _NORMAL,
        threads: int = 32,
    ) -> None:
        self._intake = intake
        self._authenticate = authenticate
        self._base = base
        self._pace = pace
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="tus")
        self._digests: OrderedDict[str, tuple[int, hashlib._Hash]] = OrderedDict()

    async def __call__(
        self,
        scope: Mapping[str, Any],
        receive: Receive,
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            raise NotImplementedError(f"tus is spoken over HTTP, not {scope['type']}")
        request = Request.of(scope, receive, self._base)
        try:
            answer = await self._answer(request)
        except FleetError as error:
            log.info("%s %s refused: %s", request.method, scope["path"], error.message)
            answer = Answer.refusal(error)
        if answer is not None:
            for message in answer.messages(scope["method"]):
                await send(message)

    async def _answer(self, request: Request) -> Answer | None:
        if request.method == "OPTIONS":
            return self._options()
        if request.method != "GET":
            request.check_version()
        owner = await self._authenticate(request.bearer)
        match request.method, request.path:
            case "POST", ():
                return await self._create(request, owner)
            case "HEAD", (upload_id,):
                return _state(await self._work(self._intake.find, owner, upload_id))
            case "PATCH", (upload_id,):
                return await self._patch(request, owner, upload_id)
            case "DELETE", (upload_id,):
                await self._work(self._terminate, owner, upload_id)
                return Answer(204)
            case "GET", (upload_id, "receipt"):
                body = await self._work(self._intake.receipt, owner, upload_id)
                json = {"Content-Type": "application/json", "Cache-Control": "no-store"}
                return Answer(200, json, body)
            case _, () | (_,) | (_, "receipt"):
                raise WrongMethod(f"{request.method} means nothing here")
            case _:
                raise NotFound("there is nothing here")

    def _options(self) -> Answer:
        headers = {
            "Tus-Version": protocol.VERSION,
            "Tus-Extension": protocol.EXTENSIONS,
            "Tus-Checksum-Algorithm": ",".join(protocol.ALGORITHMS),
            "Tus-Max-Size": str(self._intake.max_bytes),
        }
        return Answer(204, headers)

    async def _create(self, request: Request, owner: Owner) -> Answer | None:
        length = request.length()
        metadata = protocol.metadata(request.headers.get("upload-metadata", ""))
        check = protocol.checksum(request.headers.get("upload-checksum"))
        if request.announced != 0:
            request.check_type()
        if length > self._intake.max_bytes:
            raise TooLarge(f"longer than {self._intake.max_bytes} bytes", field="Upload-Length")
        upload = await self._work(self._intake.create, owner, length, metadata)
        if not upload.finished and upload.offset == 0 and (request.announced != 0 or length == 0):
            received = await self._receive(request, owner, upload.id, 0, check)
            if received is None:
                return None
            upload = received
        location = {"Location": f"{request.root}/{upload.id}"}
        return Answer(201, {**location, **_progress(upload)})

    async def _patch(self, request: Request, owner: Owner, upload_id: str) -> Answer | None:
        request.check_type()
        offset = protocol.number(request.headers, "Upload-Offset")
        check = protocol.checksum(request.headers.get("upload-checksum"))
        upload = await self._receive(request, owner, upload_id, offset, check)
        return Answer(204, _progress(upload)) if upload else None

    async def _receive(
        self, request: Request, owner: Owner, upload_id: str, offset: int, check: Checksum | None
    ) -> Unfinished | None:
        """Take a body in; the upload as it is then, or None when nobody is left to be told."""
        opened = await self._work(self._open, owner, upload_id, offset, request.announced)
        if isinstance(opened, Unfinished):
            return opened
        part, upload = opened
        try:
            return await self._take_in(request, owner, upload, part, check)
        except OSError as error:
            if error.errno not in _DISK_FULL:
                raise
            await self._work(self._cut_back, owner, upload_id, part)
            raise NoSpace("the fleet's disk is full; what it acknowledged is safe") from error
        finally:
            part.close()

    async def _take_in(
        self, request: Request, owner: Owner, upload: Unfinished, part: Part, check: Checksum | None
    ) -> Unfinished | None:
        reception = Reception(
            self._threads,
            part,
            upload.length - part.end,
            self._pace,
            None if check else partial(self._intake.commit, upload.id),
            check.algorithm if check else None,
        )
        ending = await reception.run(request.receive)
        if check and (ending != "whole" or not reception.matches(check.digest)):
            await self._work(self._cut_back, owner, upload.id, part)
            if ending == "whole":
                raise WrongDigest("the body is not what Upload-Checksum says; it was discarded")
        else:
            upload = await self._work(self._keep, owner, upload, part)
        if ending == "broken":
            log.info("upload %s broke off at %d of %d", upload.id, upload.offset, upload.length)
            return None
        if ending == "stalled":
            raise Stalled(f"nothing came for {self._pace.idle_seconds:.0f} s; go on after HEAD")
        return upload

    def _open(
        self, owner: Owner, upload_id: str, offset: int, announced: int | None
    ) -> tuple[Part, Unfinished] | Unfinished:
        """The part, locked and ready at `offset`; or the upload alone when it needs no more."""
        upload = self._intake.find(owner, upload_id)
        if upload.finished:
            _check(upload, offset, announced)
            return upload
        part = Part.open(upload.path)
        try:
            # Only now is nobody else writing: what was read before may be out of date.
            upload = self._intake.find(owner, upload_id)
            if not upload.finished:
                upload = self._within_file(upload, part)
            _check(upload, offset, announced)
            if upload.finished:
                part.close()
                return upload
            self._intake.admit(upload.length - offset if announced is None else announced)
            known, digest = self._digests.get(upload_id, (-1, None))
            part.resume(offset, digest.copy() if digest and known == offset else None)
        except (FleetError, OSError):
            part.close()
            raise
        return part, upload

    def _within_file(self, upload: Unfinished, part: Part) -> Unfinished:
        """The books say what the disk had; should the file have lost bytes, the file is right."""
        size = part.size()
        if size >= upload.offset:
            return upload
        log.error("upload %s: %d bytes noted, %d on the disk", upload.id, upload.offset, size)
        self._digests.pop(upload.id, None)
        self._intake.commit(upload.id, size)
        return replace(upload, offset=size)

    def _keep(self, owner: Owner, upload: Unfinished, part: Part) -> Unfinished:
        """Make what was written durable, and the file a stored one when it is whole."""
        part.sync()
        if part.end < upload.length:
            expires_at = self._intake.commit(upload.id, part.end)
            self._remember(upload.id, part)
            return replace(upload, offset=part.end, expires_at=expires_at)
        self._digests.pop(upload.id, None)
        self._intake.finish(owner, upload.id, part.sha256())
        return replace(upload, offset=part.end, expires_at=None)

    def _remember(self, upload_id: str, part: Part) -> None:
        digest = part.digest()
        if digest is None:
            return
        self._digests[upload_id] = (part.end, digest)
        self._digests.move_to_end(upload_id)
        if len(self._digests) > _DIGESTS:
            self._digests.popitem(last=False)

    def _cut_back(self, owner: Owner, upload_id: str, part: Part) -> None:
        """Give the space of what is not acknowledged back."""
        part.resume(self._intake.find(owner, upload_id).offset, None)

    def _terminate(self, owner: Owner, upload_id: str) -> None:
        upload = self._intake.find(owner, upload_id)
        if upload.finished:
            raise Conflict("it is stored; a finished upload cannot be ended")
        part = Part.open(upload.path)
        try:
            self._intake.terminate(owner, upload_id)
        finally:
            part.close()
        self._digests.pop(upload_id, None)

    async def _work(self, do: Callable[..., T], *arguments: Any) -> T:
        """Run in a thread. When cancelled, wait for it: it may be using an open part."""
        work = asyncio.get_running_loop().run_in_executor(self._threads, do, *arguments)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait([work])
            raise


def _check(upload: Unfinished, offset: int, announced: int | None) -> None:
    """Raise when a body at `offset` does not fit to what is there."""
    if offset != upload.offset:
        raise Conflict(
            f"the upload stands at {upload.offset}, not at {offset}", field="Upload-Offset"
        )
    if announced is not None and offset + announced > upload.length:
        raise TooLarge("the body goes beyond the Upload-Length", field="Content-Length")


def _progress(upload: Unfinished) -> dict[str, str]:
    headers = {"Upload-Offset": str(upload.offset)}
    if upload.expires_at is not None:
        headers["Upload-Expires"] = protocol.http_date(upload.expires_at)
    return headers


def _state(upload: Unfinished) -> Answer:
    headers = {
        **_progress(upload),
        "Upload-Length": str(upload.length),
        "Cache-Control": "no-store",
    }
    if upload.metadata:
        headers["Upload-Metadata"] = protocol.metadata_header(upload.metadata)
    return Answer(200, headers)
