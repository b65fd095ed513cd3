"""The hosted pages and the console, as a browser without scripts sees them."""

from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Shop, line

GOOD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123", "name": "Maren Okafor"}


async def pay(http: httpx.AsyncClient, session: str, **changes: Any) -> httpx.Response:
    """Post the card form."""
    return await http.post(f"/c/pay/{session}", data={**GOOD, **changes})


async def test_checkout_shows_lines_and_total_when_open(shop: Shop, http: httpx.AsyncClient) -> None:
    session = await shop.session(
        line_items=[line("General <b>admission</b>", 2500, 2), line("Balcony", 1050)]
    )
    answer = await http.get(f"/c/pay/{session.id}")
    assert answer.status_code == 200
    assert "2 × General &lt;b&gt;admission&lt;/b&gt;" in answer.text
    assert "Pay $60.50" in answer.text
    assert "Stripe sandbox: no real money" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' https://shop.example" in policy


async def test_amount_has_the_currencys_decimals_when_shown(shop: Shop, http: httpx.AsyncClient) -> None:
    for currency, amount, text in (
        ("jpy", 1200, "¥1,200"),
        ("kwd", 1500, "KWD 1.500"),
        ("eur", 1205, "€12.05"),
    ):
        session = await shop.session(line_items=[line("Ticket", amount, currency=currency)])
        assert f"Pay {text}" in (await http.get(f"/c/pay/{session.id}")).text


async def test_buyer_returns_to_the_shop_when_paid(shop: Shop, http: httpx.AsyncClient) -> None:
    session = await shop.session()
    answer = await pay(http, session.id)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"https://shop.example/done?session={session.id}"
    closed = await http.get(f"/c/pay/{session.id}")
    assert "This payment is complete." in closed.text
    again = await pay(http, session.id)
    assert again.headers["location"] == f"/c/pay/{session.id}"
    assert len(shop.sandbox.objects("charge")) == 1


async def test_alert_names_the_reason_when_declined(shop: Shop, http: httpx.AsyncClient) -> None:
    session = await shop.session()
    answer = await pay(http, session.id, number="4000000000000069")
    page = await http.get(answer.headers["location"])
    assert 'role="alert"' in page.text
    assert "Your card has expired." in page.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": "4242424242424241"}, "card number is incorrect"),
        ({"number": "4012888888881881"}, "test cards only"),
        ({"number": ""}, "card number is incorrect"),
        ({"expiry": "01/20"}, "expiration date is in the past"),
        ({"expiry": "13/34"}, "expiration date is incomplete"),
        ({"cvc": "12"}, "security code is incomplete"),
        ({"name": " "}, "name on the card"),
    ],
)
async def test_form_comes_back_filled_when_a_field_is_wrong(
    shop: Shop, http: httpx.AsyncClient, changes: dict[str, str], words: str
) -> None:
    session = await shop.session()
    answer = await pay(http, session.id, **changes)
    assert answer.status_code == 400
    assert words in answer.text
    assert shop.sandbox.objects("payment_intent") == []


async def test_form_is_filled_when_a_test_card_is_chosen(shop: Shop, http: httpx.AsyncClient) -> None:
    session = await shop.session()
    page = await http.get(f"/c/pay/{session.id}", params={"card": "4000000000000259"})
    assert 'value="4000 0000 0000 0259"' in page.text
    assert "<script" not in page.text


async def test_checkout_is_over_when_expired_or_unknown(shop: Shop, http: httpx.AsyncClient) -> None:
    session = await shop.session()
    shop.sandbox.advance(86_400)
    expired = await http.get(f"/c/pay/{session.id}")
    assert (expired.status_code, "This checkout has ended." in expired.text) == (410, True)
    assert (await http.get("/c/pay/cs_test_unknown")).status_code == 404
    assert (await pay(http, "cs_test_unknown")).status_code == 404


async def test_bank_asks_and_buyer_returns_when_authentication_is_completed(
    shop: Shop, http: httpx.AsyncClient
) -> None:
    session = await shop.session()
    asked = await pay(http, session.id, number="4000002500003155")
    assert "/3ds/pi_" in asked.headers["location"]
    assert "Confirm your payment of $50.00" in (await http.get(asked.headers["location"])).text
    answer = await http.post(asked.headers["location"], data={"answer": "complete"})
    assert answer.headers["location"].startswith("https://shop.example/done")
    assert (await http.get(asked.headers["location"])).status_code == 404


async def test_checkout_shows_the_failure_when_authentication_is_refused(
    shop: Shop, http: httpx.AsyncClient
) -> None:
    session = await shop.session()
    asked = await pay(http, session.id, number="4000002760003184")
    answer = await http.post(asked.headers["location"], data={"answer": "fail"})
    assert answer.headers["location"] == f"/c/pay/{session.id}"
    assert "unable to authenticate" in (await http.get(answer.headers["location"])).text
    assert (await pay(http, session.id)).headers["location"].startswith("https://shop.example")


async def test_console_plays_the_bank_when_buttons_are_pressed(shop: Shop, http: httpx.AsyncClient) -> None:
    charge = await shop.charge()
    refund = await shop.refund(charge, 1000)
    page = await http.get("/")
    assert charge.id in page.text
    assert refund.id in page.text
    pressed = await http.post("/console/fail_refund", data={"id": refund.id, "reason": "declined"})
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/#refunds")
    opened = {"id": charge.id, "reason": "duplicate", "kind": "chargeback"}
    assert (await http.post("/console/open_dispute", data=opened)).status_code == 303
    [dispute] = shop.sandbox.objects("dispute")
    assert (await http.post("/console/win", data={"id": dispute["id"]})).status_code == 303
    assert (await http.post("/console/advance", data={"seconds": "3600"})).status_code == 303
    assert (await http.post("/console/webhooks", data={"mode": "hold"})).status_code == 303
    assert (await http.post("/console/flush")).headers["location"] == "/#events"
    page = await http.get("/")
    assert "Declined" in page.text
    assert "Won" in page.text


async def test_console_says_why_when_a_button_cannot_work(shop: Shop, http: httpx.AsyncClient) -> None:
    charge = await shop.charge()
    refund = await shop.refund(charge)
    shop.sandbox.fail_refund(refund.id)
    answer = await http.post("/console/fail_refund", data={"id": refund.id, "reason": "declined"})
    assert answer.status_code == 400
    assert "status of failed" in answer.text
    assert (await http.post("/console/burn")).status_code == 400
    assert (await http.post("/console/advance", data={"seconds": "-5"})).status_code == 400


async def test_style_sheet_is_served_and_no_other_file_when_asked(http: httpx.AsyncClient) -> None:
    assert (await http.get("/static/sandbox.css")).status_code == 200
    assert (await http.get("/static/fonts/..%2f..%2fapp.py")).status_code == 404
