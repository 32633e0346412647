"""The page itself, the door with the PIN, and whether the agent lives."""

from math import ceil

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from edge_agent.panel import render
from edge_agent.panel.guard import SESSION
from edge_agent.panel.language import gettext as _
from edge_agent.panel.state import of


async def home(request: Request) -> Response:
    """GET /."""
    panel = of(request)
    shown = panel.shown(request, panel.room.view(), live=False)
    return render.page("page.html", said="", **shown)


async def door(request: Request) -> Response:
    """GET /sign-in."""
    panel = of(request)
    if await panel.admits(request):
        return RedirectResponse("/", 303)
    return render.page("sign-in.html", token=panel.token(request), wrong="")


async def enter(request: Request) -> Response:
    """POST /sign-in."""
    panel = of(request)
    if panel.pin is None:
        return RedirectResponse("/", 303)
    client = request.client.host if request.client else ""
    token = panel.token(request)
    if pause := panel.pin.pause(client):
        wrong = _("Too many tries. Wait %(count)s seconds.", count=ceil(pause))
        headers = {"retry-after": str(ceil(pause))}
        response = render.page("sign-in.html", 429, token=token, wrong=wrong)
        response.headers.update(headers)
        return response
    await panel.pin.refresh()
    session = panel.pin.enter(request.state.form.get("pin", ""), client)
    if session is None:
        return render.page("sign-in.html", 403, token=token, wrong=_("That PIN is wrong."))
    answer = RedirectResponse("/", 303)
    answer.set_cookie(SESSION, session, path="/", httponly=True, samesite="strict")
    return answer


async def leave(request: Request) -> Response:
    """POST /sign-out."""
    panel = of(request)
    if panel.pin is not None:
        panel.pin.leave(request.cookies.get(SESSION))
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(SESSION, path="/", httponly=True, samesite="strict")
    return answer


async def health(request: Request) -> Response:
    """GET /health."""
    return JSONResponse({"state": "live"})


routes = [
    Route("/", home),
    Route("/sign-in", door),
    Route("/sign-in", enter, methods=["POST"]),
    Route("/sign-out", leave, methods=["POST"]),
    Route("/health", health),
]
