"""Every HTTP route, asked by an owner with whatever belongs to another organizer, answers and changes nothing of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
from starlette.applications import Starlette
from starlette.routing import Route

from kagibag_app.features.accounts import service as accounts
from kagibag_app.web.api import ROUTES
from tests.isolation import calling
from tests.isolation.conftest import House
from tests.isolation.spying import changes

ORIGIN = "http://localhost:8000"
_PART = re.compile(r"\{\w+(?::\w+)?\}")
# They take a password, whose check costs a tenth of a second each: asked with what names an organizer or an invitation.
_FORMS = ("organizers.public_id", "invitations.public_id")

NOT_ASKED = {
    "/api/session/logout": "ends only the session of the cookie, which the other calls need",
    "/api/stripe/webhook": "takes only what Stripe signed",
}


async def test_routes_answer_and_change_nothing_of_the_other_s(sqlite_house: House) -> None:
    house, told, asked = sqlite_house, {}, set()
    ours = await calling.visitor(house.runtime, house.two.owners[0])
    before = await house.rows()
    headers = {"cookie": ours.person.header, "origin": ORIGIN}
    transport = httpx.ASGITransport(Starlette(routes=ROUTES), client=("203.0.113.5", 1234))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        for route, method, text in _calls(house):
            house.unlimited()
            client.cookies.clear()
            path = _PART.sub(text, route.path)
            answer = await client.request(
                method, path, params=dict.fromkeys(calling.address_words(), text), data=_form(method, text)
            )
            asked.add(route.path)
            said = answer.text + str(answer.headers)
            if house.spy.told(said, besides=[text]) or (answer.is_success and route.param_convertors):
                told[f"{method} {path}"] = f"{answer.status_code} {said[:200]}"
    assert told == {}
    assert asked == {route.path for route in ROUTES} - set(NOT_ASKED)
    assert changes(house.spy, before, await house.rows()) == []
    async with house.runtime.store.read() as session:
        view = await accounts.load_session(session, ours.person.cookie)
    assert view is not None
    assert view.organizer_id == house.two.ours


def _calls(house: House) -> Iterator[tuple[Route, str, str]]:
    for route in ROUTES:
        for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
            if route.path not in NOT_ASKED:
                for column, text in house.named.items():
                    if method == "GET" or column in _FORMS:
                        yield route, method, text


def _form(method: str, text: str) -> dict[str, str] | None:
    return dict.fromkeys(calling.native_fields(), text) if method == "POST" else None
