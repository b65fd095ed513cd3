"""Stripe's HTTP API: authentication, parameters, idempotency, faults, answers."""

import base64
import binascii
import hashlib
import json
import logging
import secrets
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kagibag_app.sandbox import accounts, forms, operations, reads
from kagibag_app.sandbox.books import Body, Books
from kagibag_app.sandbox.engine import Engine
from kagibag_app.sandbox.errors import ApiError, DroppedConnection, invalid
from kagibag_app.sandbox.faults import Fault, FaultKind
from kagibag_app.sandbox.idempotency import SavedAnswer

logger = logging.getLogger(__name__)

MAX_BODY = 1_000_000
ACCEPTED_KEYS = ("sk_test_", "rk_test_")
LIVE_KEYS = ("sk_live_", "rk_live_", "pk_live_")
BEFORE = (FaultKind.ERROR, FaultKind.RATE_LIMIT, FaultKind.LOCK_TIMEOUT)


@dataclass(frozen=True)
class Call:
    """One API request, read."""

    method: str
    path: str
    form: str
    account: str
    key: str | None
    request_id: str
    version: str

    @property
    def fingerprint(self) -> str:
        """What must be equal for a key to mean the same request."""
        return hashlib.sha256(f"{self.method} {self.path} {self.form}".encode()).hexdigest()


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    body: str
    original_request: str | None = None

    @classmethod
    def of_error(cls, error: ApiError, request_id: str) -> "Answer":
        """An error as Stripe sends it."""
        shown = {
            **error.body["error"],
            "request_log_url": f"https://dashboard.stripe.com/test/logs/{request_id}",
        }
        return cls(error.status, json.dumps({"error": shown}))


class HangUp(Response):
    """Closes the connection in the middle of an answer that says nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise more bytes than are sent; the server then cuts the connection."""
        headers = [(b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


def check_api_key(header: str) -> None:
    """Accept any test key, and no live key.

    Raises:
        ApiError: 401.
    """
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            value = ""
    if value.startswith(LIVE_KEYS):
        raise ApiError(
            401,
            "This is the Kagibag Stripe sandbox. It never takes a live key: no money moved. Use a key "
            "that starts with sk_test_, or point the client at Stripe itself.",
            saved=False,
        )
    if not value.startswith(ACCEPTED_KEYS):
        shown = f"{value[:7]}***" if value else "none was given"
        raise ApiError(401, f"Invalid API Key provided: {shown}", saved=False)


class Api:
    """The endpoint behind every `/v1/...` path."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        request_id = f"req_{secrets.token_hex(7)}"
        try:
            call = await self._read(request, request_id)
            answer = await self._answer(call, request.headers.get("authorization", ""))
        except DroppedConnection:
            return HangUp()
        except ApiError as error:
            call, answer = None, Answer.of_error(error, request_id)
        headers = {
            "request-id": request_id,
            "stripe-version": self._engine.spec.version,
            "cache-control": "no-store",
        }
        if call:
            headers["stripe-version"] = call.version
            self._log(call, answer)
            if call.key:
                headers["idempotency-key"] = call.key
        if answer.original_request:
            headers |= {"idempotent-replayed": "true", "original-request": answer.original_request}
        return Response(answer.body, answer.status, headers, "application/json")

    async def _read(self, request: Request, request_id: str) -> Call:
        body = await request.body()
        if len(body) > MAX_BODY:
            raise ApiError(413, "The request is too large.", saved=False)
        try:
            form = body.decode() if request.method == "POST" else request.url.query
        except UnicodeDecodeError:
            raise invalid("The request is not valid UTF-8.") from None
        return Call(
            method=request.method,
            path=request.url.path,
            form=form,
            account=accounts.normalized(request.headers.get("stripe-account")),
            key=(request.headers.get("idempotency-key") or None) if request.method == "POST" else None,
            request_id=request_id,
            version=request.headers.get("stripe-version", self._engine.spec.version),
        )

    def _log(self, call: Call, answer: Answer) -> None:
        with self._engine.store.transaction():
            self._engine.requests.add(
                at=self._engine.clock.now(),
                method=call.method,
                path=call.path,
                idempotency_key=call.key,
                account=call.account,
                status=answer.status,
                replayed=answer.original_request is not None,
                request_id=call.request_id,
            )

    async def _answer(self, call: Call, authorization: str) -> Answer:
        try:
            check_api_key(authorization)
            self._engine.run_due()
            fault = self._take_fault(call)
            if fault and fault.kind in BEFORE and not fault.saved:
                raise fault.error()
            replayed = self._claim(call)
            if replayed:
                return Answer(replayed.status, replayed.body, replayed.request_id)
            if fault and fault.kind in (FaultKind.TIMEOUT_BEFORE, FaultKind.DELAY):
                await self._hold(call, fault)
            answer = self._execute(call, fault)
        except ApiError as error:
            return Answer.of_error(error, call.request_id)
        if fault and fault.kind is FaultKind.TIMEOUT_AFTER:
            await self._engine.pause(fault.seconds)
        return answer

    def _take_fault(self, call: Call) -> Fault | None:
        with self._engine.store.transaction():
            fault = self._engine.faults.take(call.method, call.path)
            if fault and fault.kind is FaultKind.DROP_IDEMPOTENCY:
                self._engine.keys.prune()
        return fault

    def _claim(self, call: Call) -> SavedAnswer | None:
        if call.key is None:
            return None
        with self._engine.store.transaction():
            return self._engine.keys.claim(call.account, call.key, call.fingerprint, self._engine.clock.now())

    async def _hold(self, call: Call, fault: Fault) -> None:
        """Keep the caller waiting with its key in use; a time-out ends without a trace of the request."""
        drops = fault.kind is FaultKind.TIMEOUT_BEFORE
        finished = False
        try:
            await self._engine.pause(fault.seconds)
            finished = True
        finally:
            if call.key and (drops or not finished):
                with self._engine.store.transaction():
                    self._engine.keys.release(call.account, call.key)
        if drops:
            raise DroppedConnection

    def _execute(self, call: Call, fault: Fault | None) -> Answer:
        """Act, and keep the answer for the key, in one transaction."""
        with self._engine.transaction(call.account, call.request_id, call.key) as books:
            answer, saved = self._act(books, call, fault)
            if call.key and saved:
                self._engine.keys.save(
                    call.account, call.key, SavedAnswer(answer.status, answer.body, call.request_id)
                )
            elif call.key:
                self._engine.keys.release(call.account, call.key)
        return answer

    def _act(self, books: Books, call: Call, fault: Fault | None) -> tuple[Answer, bool]:
        """The answer of a call, and whether its key keeps it."""
        try:
            if fault and fault.kind is FaultKind.ERROR:
                raise fault.error()
            answer = self._attempt(books, call)
            if fault and fault.kind is FaultKind.ERROR_AFTER:
                raise fault.error()
        except ApiError as error:
            return Answer.of_error(error, call.request_id), error.saved
        return answer, True

    def _attempt(self, books: Books, call: Call) -> Answer:
        """Run the operation; whatever goes wrong undoes what it wrote, unless the refusal keeps its changes.

        Raises:
            ApiError: the operation's refusal, or 500 for a fault of the sandbox itself.
        """
        refusal: ApiError | None = None
        try:
            with self._engine.store.savepoint():
                try:
                    return Answer(200, json.dumps(perform(books, call.method, call.path, call.form)))
                except ApiError as error:
                    if not error.keeps_changes:
                        raise
                    refusal = error
        except ApiError:
            raise
        except Exception as error:
            logger.exception("the sandbox failed at %s %s", call.method, call.path)
            raise ApiError(500, f"The sandbox failed: {error}", kind="api_error", saved=False) from error
        raise refusal


def perform(books: Books, method: str, path: str, form: str) -> Body:
    """Find the operation, convert its parameters, run it, and show the result as asked.

    Raises:
        ApiError: any refusal.
    """
    operation, ids = operations.find(method, path)
    params: dict[str, Any] = forms.parse(form)
    schema = books.spec.request_schema(method, operation.template)
    if schema is not None:
        params = forms.convert(schema, params)
    expand = params.pop("expand", [])
    result = operation.handle(books, params, *ids)
    if result["object"] != "list":
        return reads.shown(books, result, expand)
    inner = [name.removeprefix("data.") for name in expand if name.startswith("data.")]
    return {**result, "data": [reads.shown(books, item, inner) for item in result["data"]]}
