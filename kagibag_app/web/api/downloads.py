"""The file of an export, for the member who asked for it and nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.accounts.views import SessionView
from kagibag_app.features.reports import queries
from kagibag_app.features.reports import service as reports
from kagibag_app.features.reports.views import ExportFile
from kagibag_app.kit.errors import NotFound
from kagibag_app.storage import files
from kagibag_app.web.api.answers import Instead, answer_page
from kagibag_app.web.api.members import member
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import actor_of

log = structlog.get_logger(__name__)

_PAGE = "/admin/orders"
_BACK = ("Back to the orders", _PAGE)


def export_path(public_id: str) -> str:
    """Return the address of an export's file."""
    return f"/api/admin/exports/{public_id}/file"


async def download(request: Request) -> Response:
    """``GET /api/admin/exports/{export}/file``: 404 for anybody else's, 410 once it has expired."""
    export = request.path_params["export"]
    try:
        view = await member(request, Action.EXPORT_ORDERS, page=_PAGE)
        found = await _file(view, export)
    except Instead as other:
        return other.answer
    if request.method == "GET":
        await runtime().store.run(lambda tx: reports.record_download(tx, actor_of(view), export=export))
    headers = {
        "Content-Disposition": f'attachment; filename="{found.name}"',
        "Content-Length": str(found.size),
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_pieces(found), media_type=found.media_type, headers=headers)


async def _file(view: SessionView, export: str) -> ExportFile:
    try:
        async with runtime().store.read() as session:
            found = await queries.export_file(session, view.organizer_id, view.user_id, export)
    except NotFound:
        text = "It may be mistyped, or belong to somebody else: everybody downloads their own exports."
        raise Instead(answer_page(404, "No such file", text, action=_BACK)) from None
    if found is None or found.expires_at <= runtime().clock.now():
        text = "An exported file is kept for 24 hours, and the five newest of yours. Export the list again to get a fresh one."
        raise Instead(answer_page(410, "This file is gone", text, action=_BACK))
    return found


async def _pieces(found: ExportFile) -> AsyncIterator[bytes]:
    """Read piece by piece: a slow download holds neither memory nor the database."""
    position, left = 0, found.size
    while left > 0:
        async with runtime().store.read() as session:
            piece = await files.chunk(session, found.key, position)
        if piece is None:
            # The browser sees that less came than was promised, and says that the download failed.
            log.warning("download.cut_off", file=found.key, missing=left)
            return
        yield piece
        position, left = position + 1, left - len(piece)


ROUTES = [Route("/api/admin/exports/{export}/file", download)]
