"""The control API under `/_sandbox/`: JSON in, JSON out, for tests, scripts and the demo."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kagibag_app.sandbox import guard
from kagibag_app.sandbox.errors import ApiError, invalid
from kagibag_app.sandbox.sandbox import Sandbox

MOST_SHOWN = 10_000
Json = dict[str, Any]
Action = Callable[[Sandbox, Json], Any]

DISPUTE_VERBS = {
    "win": Sandbox.win_dispute,
    "lose": Sandbox.lose_dispute,
    "close": Sandbox.close_dispute,
    "escalate": Sandbox.escalate_dispute,
}


def _reset(sandbox: Sandbox, body: Json) -> Json:
    sandbox.reset()
    return sandbox.state()


def _advance(sandbox: Sandbox, body: Json) -> Json:
    return {"now": sandbox.advance(_whole(body, "seconds"))}


def _whole(body: Json, name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(f"Invalid integer: {name}", name, "parameter_invalid_integer")
    return value


def _fault(sandbox: Sandbox, body: Json) -> Json:
    sandbox.add_fault(**{"kind": "", **body})
    return {"faults": sandbox.state()["faults"]}


def _clear_faults(sandbox: Sandbox, body: Json) -> Json:
    sandbox.clear_faults()
    return {"faults": []}


ACTIONS: dict[str, Action] = {
    "reset": _reset,
    "advance": _advance,
    "webhooks": lambda sandbox, body: sandbox.set_webhooks(**body),
    "fault": _fault,
    "faults/clear": _clear_faults,
    "pay": lambda sandbox, body: sandbox.pay(**body),
    "refund": lambda sandbox, body: sandbox.refund(**body),
    "funds": lambda sandbox, body: sandbox.set_funds(**body),
    "disputes": lambda sandbox, body: sandbox.open_dispute(**body),
    "prune_keys": lambda sandbox, body: {"pruned": sandbox.prune_keys()},
}


class Control:
    """The control endpoints of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self) -> list[Route]:
        """Everything under `/_sandbox/`."""
        return [
            *(
                Route(f"/_sandbox/{name}", self._post(action), methods=["POST"])
                for name, action in ACTIONS.items()
            ),
            Route("/_sandbox/flush", self._guarded(self._flush), methods=["POST"]),
            Route("/_sandbox/refunds/{id}/{verb}", self._guarded(self._refund), methods=["POST"]),
            Route("/_sandbox/disputes/{id}/{verb}", self._guarded(self._dispute), methods=["POST"]),
            Route("/_sandbox/state", self._guarded(self._state), methods=["GET"]),
            Route("/_sandbox/requests", self._guarded(self._requests), methods=["GET"]),
            Route("/_sandbox/objects", self._guarded(self._objects), methods=["GET"]),
        ]

    def _guarded(
        self, answer: Callable[[Request], Awaitable[Any]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            reason = guard.refusal(request, self._sandbox.config)
            if reason:
                return JSONResponse({"error": {"message": reason}}, 403)
            try:
                return JSONResponse(await answer(request), headers={"cache-control": "no-store"})
            except ApiError as error:
                return JSONResponse(error.body, error.status)

        return endpoint

    def _post(self, action: Action) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Any:
            body = await _json(request)
            try:
                return action(self._sandbox, body)
            except TypeError as error:
                raise invalid(f"The fields of this call are wrong: {error}") from None

        return self._guarded(answer)

    async def _flush(self, request: Request) -> Json:
        return await self._sandbox.flush_webhooks()

    async def _refund(self, request: Request) -> Json:
        refund, verb = request.path_params["id"], request.path_params["verb"]
        if verb == "fail":
            reason = (await _json(request)).get("reason", "expired_or_canceled_card")
            return self._sandbox.fail_refund(refund, reason)
        if verb == "succeed":
            return self._sandbox.succeed_refund(refund)
        if verb == "hold":
            return self._sandbox.hold_refund(refund)
        raise ApiError(404, "A refund can be told to fail, succeed or hold.")

    async def _dispute(self, request: Request) -> Json:
        verb = request.path_params["verb"]
        if verb not in DISPUTE_VERBS:
            raise ApiError(404, f"A dispute can be told to {', '.join(DISPUTE_VERBS)}.")
        return DISPUTE_VERBS[verb](self._sandbox, request.path_params["id"])

    async def _state(self, request: Request) -> Json:
        return self._sandbox.state()

    async def _requests(self, request: Request) -> Json:
        return {"requests": self._sandbox.requests(_limit(request, 100))}

    async def _objects(self, request: Request) -> Json:
        return {"objects": self._sandbox.objects(request.query_params.get("type", ""), _limit(request, -1))}


def _limit(request: Request, default: int) -> int:
    text = request.query_params.get("limit", str(default))
    if not text.removeprefix("-").isdecimal():
        raise invalid(f"Invalid integer: {text}", "limit", "parameter_invalid_integer")
    return min(int(text), MOST_SHOWN)


async def _json(request: Request) -> Json:
    raw = await request.body()
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise invalid("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object.")
    return body
