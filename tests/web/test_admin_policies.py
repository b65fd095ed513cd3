"""The policies' screens: a form that is explained, tried and saved, and the limit that owners set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.events.tables import Event
from kagibag_app.web.admin.policies.state import PoliciesState
from kagibag_app.web.admin.policy.state import PolicyState
from tests.web.attendee_desk import POLICY, Desk, open_desk
from tests.web.harness import Tab, member, organizer
from tests.web.test_admin_refunds import asked, people

FORM = {
    "days_0": "14",
    "percent_0": "100",
    "days_1": "",
    "percent_1": "",
    "fee": "",
    "automatic": "14",
    "back_on_sale": "on",
}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale."""
    async with open_desk(tmp_path) as opened:
        yield opened


async def editor(desk: Desk, role: Role = Role.MANAGER) -> Tab:
    """A tab with the event's policy."""
    slug = desk.event.slug
    tab = desk.browser.tab(
        f"/admin/refunds/policies/{slug}", person=await people(desk, role), query={"slug": slug}
    )
    await tab.call(PolicyState.load)
    return tab


async def test_a_policy_is_explained_tried_and_saved_for_new_orders(desk: Desk) -> None:
    await asked(desk)
    tab = await editor(desk)
    form = tab.vars["form"]
    assert [(t.days, t.percent) for t in form.tiers] == [("14", "100"), ("7", "50"), ("", ""), ("", "")]
    assert (form.fee, form.automatic, (await tab.state(PolicyState)).changed) == ("2.00", "", False)
    assert tab.vars["example_title"] == "2 tickets, $116.00 paid"
    assert [(row.back, row.who) for row in tab.vars["example"]] == [
        ("$112.00", "A person decides"), ("$54.00", "A person decides"), ("$0.00", "A person decides"),
    ]  # fmt: skip
    assert tab.vars["trial"].lead.startswith("1 request in the last 12 months. 0 would")

    await tab.call(PolicyState.keep, FORM)
    assert tab.vars["changed"]
    assert [(row.back, row.who) for row in tab.vars["example"]] == [
        ("$116.00", "Approved at once"), ("$0.00", "A person decides"),
    ]  # fmt: skip
    trial = tab.vars["trial"]
    assert trial.amounts == "$42.00 in all instead of $40.00, $2.00 more."
    assert trial.alone == "1 approved at once, without a person; 0 were."
    assert [(row.was, row.now) for row in trial.rows] == [("$40.00", "$42.00")]
    (event,) = await desk.shop.rows(Event)
    assert event.refund_policy == POLICY

    await tab.call(PolicyState.save, FORM)
    (event,) = await desk.shop.rows(Event)
    assert event.refund_policy["automatic_days_before"] == 14
    assert tab.toasts == ["Policy saved"]
    assert not (await tab.state(PolicyState)).changed


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"days_0": ""}, "days before"), ({"percent_0": "101"}, "percent"), ({"percent_0": "1e1"}, "percent"),
        ({"fee": "-1"}, "digits"), ({"automatic": "x"}, "automatic days"), ({"days_1": "14", "percent_1": "5"}, "same day"),
        ({"days_0": "²"}, "days before"),
    ],
)  # fmt: skip
async def test_what_is_no_policy_is_said_and_not_saved(desk: Desk, wrong: dict[str, str], says: str) -> None:
    tab = await editor(desk)
    await tab.call(PolicyState.save, FORM | wrong)
    assert says in tab.vars["problem"]
    assert (await desk.shop.rows(Event))[0].refund_policy == POLICY


async def test_another_organizers_policy_is_not_found(desk: Desk) -> None:
    stranger = await member(desk.runtime, await organizer(desk.runtime, "other"), Role.OWNER)
    slug = desk.event.slug
    tab = desk.browser.tab(f"/admin/refunds/policies/{slug}", person=stranger, query={"slug": slug})
    await tab.call(PolicyState.load)
    assert tab.vars["phase"] == "missing"
    await tab.call(PolicyState.save, FORM)
    assert (await desk.shop.rows(Event))[0].refund_policy == POLICY


async def test_the_limit_is_set_by_owners_and_read_by_managers(desk: Desk) -> None:
    tab = desk.browser.tab("/admin/refunds/policies", person=await people(desk, Role.OWNER))
    await tab.call(PoliciesState.load)
    (item,) = tab.vars["items"]
    assert item.sentence.startswith("Until ")
    assert [(limit.name, limit.typed) for limit in tab.vars["limits"]] == [("limit_USD", "")]
    await tab.call(PoliciesState.set_limits, {"limit_USD": "x"})
    assert "digits" in tab.vars["problem"]
    await tab.call(PoliciesState.set_limits, {"limit_USD": "200"})
    (row,) = await desk.shop.rows(Organizer)
    assert row.manager_refund_limits == {"USD": 20000}
    assert [limit.typed for limit in tab.vars["limits"]] == ["200.00"]

    manager = desk.browser.tab("/admin/refunds/policies", person=await people(desk))
    await manager.call(PoliciesState.load)
    state = await manager.state(PoliciesState)
    assert (state.sets_limits, state.limit_words) == (
        False, "A manager gives back up to $200.00 of an order alone; more waits for a second person.",
    )  # fmt: skip
    await manager.call(PoliciesState.set_limits, {"limit_USD": ""})
    assert (await desk.shop.rows(Organizer))[0].manager_refund_limits == {"USD": 20000}
