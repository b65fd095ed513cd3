"""The report of a bulk refund as a file: every order, as it stands when it is asked for."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.bulk_refunds import queries
from kagibag_app.features.bulk_refunds import service as bulk
from kagibag_app.features.bulk_refunds.documents import report_csv
from kagibag_app.kit.errors import NotFound
from kagibag_app.web.api.answers import Instead, answer_page
from kagibag_app.web.api.members import member
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import actor_of

_PAGE = "/admin/refunds/bulk"
_BACK = ("Back to the bulk refunds", _PAGE)


def report_path(run: str) -> str:
    """Return the address of a run's report."""
    return f"/api/admin/bulk-refunds/{run}/report.csv"


async def report(request: Request) -> Response:
    """``GET /api/admin/bulk-refunds/{run}/report.csv``: 404 for another organization's."""
    run = request.path_params["run"]
    try:
        view = await member(request, Action.EXPORT_ORDERS, page=_PAGE)
    except Instead as other:
        return other.answer
    try:
        async with runtime().store.read() as session:
            rows = await queries.report_rows(session, view.organizer_id, run)
        if request.method == "GET":
            await runtime().store.run(lambda tx: bulk.record_download(tx, actor_of(view), run=run))
    except NotFound:
        text = "It may be mistyped, or belong to another organization."
        return answer_page(404, "No such bulk refund", text, action=_BACK)
    headers = {
        # The id was made by us, of letters and digits alone.
        "Content-Disposition": f'attachment; filename="bulk-refund-{run}.csv"',
        "Cache-Control": "no-store",
    }
    # In a thread: the longest run has twenty thousand orders.
    written = await asyncio.to_thread(report_csv, rows, view.organizer_zone)
    return Response(written, media_type="text/csv; charset=utf-8", headers=headers)


ROUTES = [Route("/api/admin/bulk-refunds/{run}/report.csv", report)]
