"""The hosted pages a buyer sees: Checkout and 3-D Secure."""

import re
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kagibag_app.sandbox import checkout
from kagibag_app.sandbox.books import Body, Books
from kagibag_app.sandbox.cards import BY_NUMBER, CARDS, passes_luhn
from kagibag_app.sandbox.charges import CardDetails
from kagibag_app.sandbox.errors import ApiError
from kagibag_app.sandbox.rendering import page
from kagibag_app.sandbox.sandbox import Sandbox

MAX_NAME, MAX_EMAIL = 150, 254
WRONG_NUMBER = "Your card number is incorrect."
NO_TEST_CARD = "Your card was declined: the sandbox takes test cards only. Choose one from the list."


class FormError(Exception):
    """A field the buyer has to correct."""


def read_card(form: FormData, now: tuple[int, int]) -> CardDetails:
    """The card a buyer typed.

    Args:
        form: the posted form.
        now: current year and month.

    Raises:
        FormError: a field is wrong; the text is for the buyer.
    """
    number = re.sub(r"[\s-]", "", str(form.get("number", "")))
    if not re.fullmatch(r"[0-9]{12,19}", number) or not passes_luhn(number):
        raise FormError(WRONG_NUMBER)
    if number not in BY_NUMBER:
        raise FormError(NO_TEST_CARD)
    month, year = _expiry(str(form.get("expiry", "")))
    if (year, month) < now:
        raise FormError("Your card's expiration date is in the past.")
    if not re.fullmatch(r"[0-9]{3,4}", str(form.get("cvc", "")).strip()):
        raise FormError("Your card's security code is incomplete.")
    name = str(form.get("name", "")).strip()[:MAX_NAME]
    if not name:
        raise FormError("Enter the name on the card.")
    email = str(form.get("email", "")).strip()[:MAX_EMAIL] or None
    return CardDetails(BY_NUMBER[number], month, year, name, email)


def _expiry(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"\s*(0?[1-9]|1[0-2])\s*/?\s*(?:20)?([0-9]{2})\s*", text)
    if not match:
        raise FormError("Your card's expiration date is incomplete.")
    return int(match[1]), 2000 + int(match[2])


class CheckoutPages:
    """The pages of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._engine = sandbox.engine

    def routes(self) -> list[Route]:
        """Checkout and 3-D Secure."""
        return [
            Route("/c/pay/{session}", self._show, methods=["GET"]),
            Route("/c/pay/{session}", self._pay, methods=["POST"]),
            Route("/3ds/{intent}", self._ask, methods=["GET"]),
            Route("/3ds/{intent}", self._answer, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        self._engine.run_due()
        books = self._engine.books()
        try:
            session = books.get("checkout.session", request.path_params["session"])
        except ApiError:
            return _gone()
        chosen = BY_NUMBER.get(request.query_params.get("card", ""))
        fields = {"number": chosen.spaced, "expiry": "12/34", "cvc": "123"} if chosen else {}
        return _form(books, session, fields, _last_error(books, session))

    async def _pay(self, request: Request) -> Response:
        self._engine.run_due()
        form = await request.form()
        session_id = request.path_params["session"]
        try:
            with self._engine.transaction_of(session_id) as books:
                session = books.get("checkout.session", session_id)
                return self._submit(books, session, form)
        except ApiError as error:
            return _gone() if error.status == 404 else RedirectResponse(f"/c/pay/{session_id}", 303)

    def _submit(self, books: Books, session: Body, form: FormData) -> Response:
        today = books.today()
        try:
            details = read_card(form, (today.year, today.month))
            intent = checkout.submit(books, session, details)
        except FormError as error:
            return _form(books, session, {k: str(v) for k, v in form.items()}, str(error), status=400)
        except ApiError as error:
            if not error.keeps_changes:
                raise
            return RedirectResponse(f"/c/pay/{session['id']}", 303)
        if intent["status"] == "requires_action":
            return RedirectResponse(f"/3ds/{intent['id']}", 303)
        return RedirectResponse(checkout.return_address(session), 303)

    async def _ask(self, request: Request) -> Response:
        books = self._engine.books()
        try:
            intent = books.get("payment_intent", request.path_params["intent"])
        except ApiError:
            return _gone()
        if intent["status"] != "requires_action":
            return _gone(
                "This payment is no longer waiting for authentication.", "Nothing was charged by this page."
            )
        leads_to = [
            address for address in (intent["next_action"]["redirect_to_url"]["return_url"],) if address
        ]
        return page("three_d_secure.html", leads_to=leads_to, intent=intent)

    async def _answer(self, request: Request) -> Response:
        form = await request.form()
        intent_id = request.path_params["intent"]
        try:
            with self._engine.transaction_of(intent_id) as books:
                intent = books.get("payment_intent", intent_id)
                return self._authenticate(books, intent, form.get("answer") == "complete")
        except ApiError as error:
            return _gone() if error.status == 404 else RedirectResponse(f"/3ds/{intent_id}", 303)

    def _authenticate(self, books: Books, intent: Body, passed: bool) -> Response:
        waiting = intent["next_action"]
        session = checkout.authenticate(books, intent, passed=passed)
        if session is not None:
            target = checkout.return_address(session) if passed else f"/c/pay/{session['id']}"
            return RedirectResponse(target, 303)
        target = waiting["redirect_to_url"]["return_url"]
        return (
            RedirectResponse(target, 303)
            if target
            else _gone("You can close this page.", "The bank has its answer.")
        )


def _last_error(books: Books, session: Body) -> str | None:
    if session["status"] != "open" or not session["payment_intent"]:
        return None
    intent = books.get("payment_intent", session["payment_intent"])
    return (intent["last_payment_error"] or {}).get("message")


def _form(
    books: Books, session: Body, fields: dict[str, Any], error: str | None, status: int = 200
) -> Response:
    if session["status"] != "open":
        paid = session["status"] == "complete"
        return page(
            "session_closed.html",
            status=200 if paid else 410,
            session=session,
            paid=paid,
            back=checkout.return_address(session) if paid else session["cancel_url"],
        )
    blank = {"number": "", "expiry": "", "cvc": "", "name": "", "email": session["customer_email"] or ""}
    return page(
        "checkout.html",
        status=status,
        leads_to=[session["success_url"]],
        session=session,
        items=checkout.line_items(books, session)["data"],
        cards=CARDS,
        fields=blank | fields,
        error=error,
    )


def _gone(
    title: str = "There is no such page here.", text: str = "The link is wrong, or the sandbox was reset."
) -> Response:
    return page("message.html", status=404, title=title, text=text)
