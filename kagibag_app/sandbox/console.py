"""The sandbox's own page: everything that happened, and buttons for what banks and buyers do."""

from collections.abc import Callable
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kagibag_app.sandbox import guard
from kagibag_app.sandbox.books import Body
from kagibag_app.sandbox.delivery import MODES
from kagibag_app.sandbox.disputes import CLOSED, KINDS, REASONS
from kagibag_app.sandbox.errors import ApiError, invalid
from kagibag_app.sandbox.refunds import FAILURE_REASONS
from kagibag_app.sandbox.rendering import page
from kagibag_app.sandbox.sandbox import Sandbox

SHOWN, EVENTS_SHOWN = 50, 20
STEPS = (("1 minute", 60), ("1 hour", 3_600), ("1 day", 86_400), ("7 days", 604_800))
TONES = {
    "succeeded": "good", "won": "good", "complete": "good", "delivered": "good",
    "pending": "progress", "under_review": "progress", "queued": "progress", "requires_action": "attention",
    "needs_response": "attention", "warning_needs_response": "attention", "warning_under_review": "progress",
    "failed": "bad", "lost": "bad", "given_up": "bad",
}  # fmt: skip


def _text(form: FormData, name: str) -> str:
    return str(form.get(name, ""))


def _advance(sandbox: Sandbox, form: FormData) -> None:
    seconds = _text(form, "seconds")
    if not seconds.isdecimal():
        raise invalid("Choose how far the clock should go.", "seconds")
    sandbox.advance(int(seconds))


ACTIONS: dict[str, Callable[[Sandbox, FormData], Any]] = {
    "open_dispute": lambda s, f: s.open_dispute(
        charge=_text(f, "id"), reason=_text(f, "reason"), kind=_text(f, "kind")
    ),
    "fail_refund": lambda s, f: s.fail_refund(_text(f, "id"), _text(f, "reason")),
    "settle_refund": lambda s, f: s.succeed_refund(_text(f, "id")),
    "refund": lambda s, f: s.refund(_text(f, "id")),
    "win": lambda s, f: s.win_dispute(_text(f, "id")),
    "lose": lambda s, f: s.lose_dispute(_text(f, "id")),
    "close": lambda s, f: s.close_dispute(_text(f, "id")),
    "escalate": lambda s, f: s.escalate_dispute(_text(f, "id")),
    "advance": _advance,
    "webhooks": lambda s, f: s.set_webhooks(mode=_text(f, "mode")),
}
SECTIONS = {
    "open_dispute": "disputes", "fail_refund": "refunds", "settle_refund": "refunds", "refund": "refunds",
    "win": "disputes", "lose": "disputes", "close": "disputes", "escalate": "disputes", "advance": "clock",
    "webhooks": "events", "flush": "events",
}  # fmt: skip


class Console:
    """The console of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self) -> list[Route]:
        """The page and its buttons."""
        return [
            Route("/", self._show, methods=["GET"]),
            Route("/console/{action}", self._act, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        reason = guard.refusal(request, self._sandbox.config)
        return _refused(reason) if reason else self._page(None)

    async def _act(self, request: Request) -> Response:
        reason = guard.refusal(request, self._sandbox.config)
        if reason:
            return _refused(reason)
        name = request.path_params["action"]
        try:
            await self._do(name, await request.form())
        except ApiError as error:
            return self._page(error.message, status=400)
        return RedirectResponse(f"/#{SECTIONS[name]}", 303)

    async def _do(self, name: str, form: FormData) -> None:
        if name == "flush":
            await self._sandbox.flush_webhooks()
        elif name in ACTIONS:
            ACTIONS[name](self._sandbox, form)
        else:
            raise ApiError(404, "The console has no such button.")

    def _page(self, error: str | None, status: int = 200) -> Response:
        sandbox = self._sandbox
        return page(
            "console.html",
            status=status,
            error=error,
            state=sandbox.state(),
            charges=sandbox.objects("charge", SHOWN),
            refunds=sandbox.objects("refund", SHOWN),
            disputes=sandbox.objects("dispute", SHOWN),
            events=self._events(),
            targets=[target.url for target in sandbox.config.webhook_targets],
            steps=STEPS,
            modes=MODES,
            tones=TONES,
            closed=CLOSED,
            dispute_reasons=REASONS[:6],
            dispute_kinds=KINDS,
            failure_reasons=FAILURE_REASONS,
        )

    def _events(self) -> list[tuple[Body, list[Body]]]:
        """The last events, each with its deliveries."""
        return [
            (event, self._sandbox.courier.of_event(event["id"]))
            for event in self._sandbox.objects("event", EVENTS_SHOWN)
        ]


def _refused(reason: str) -> Response:
    return page("message.html", status=403, title="Not from here.", text=reason)
