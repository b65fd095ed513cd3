"""A policy in a form, in words, in an example, and against what was asked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from kagibag_app import l10n
from kagibag_app.features.refunds.rules import OrderFacts, RefundPolicy, TicketFacts, Tier, policy_outcome
from kagibag_app.features.refunds.rules.automatic import why_person_for_order, why_person_for_tickets
from kagibag_app.features.refunds.rules.policy import deadline
from kagibag_app.features.refunds.views.policies import PolicyRow, PolicyTrial
from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.money import decimal_text, parse_decimal

TIERS = 4
# Two tickets show how a fee a ticket adds up; where nothing is sold yet they cost 50 of the currency's units.
EXAMPLE_TICKETS, EXAMPLE_PRICE = 2, "50"


@dataclass(frozen=True, slots=True)
class TierField:
    """One line of the form: names and what stands in them."""

    days_name: str = ""
    days: str = ""
    percent_name: str = ""
    percent: str = ""


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """The form. ``round`` changes when its fields have to begin anew."""

    tiers: list[TierField] = field(default_factory=list)
    fee: str = ""
    automatic: str = ""
    checked_in: bool = False
    back_on_sale: bool = True
    round: str = ""


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """When somebody asks, what they get back of the example, and who decides."""

    when: str = ""
    back: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class DifferentRow:
    """A request that would have been answered otherwise."""

    href: str = ""
    number: str = ""
    buyer: str = ""
    asked: str = ""
    was: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True)
class TrialFace:
    """What the policy would have decided, in words."""

    lead: str = ""
    amounts: str = ""
    alone: str = ""
    rows: list[DifferentRow] = field(default_factory=list)
    more: str = ""


def policy_form(policy: RefundPolicy, currency: str, round: str) -> PolicyForm:
    """Return the form that says a policy."""
    tiers = [*policy.tiers, *[None] * TIERS][: max(TIERS, len(policy.tiers))]
    return PolicyForm(
        tiers=[
            TierField(
                f"days_{n}", str(tier.days_before) if tier else "", f"percent_{n}", str(tier.percent) if tier else ""
            )
            for n, tier in enumerate(tiers)
        ],
        fee=decimal_text(policy.fee_minor, currency) if policy.fee_minor else "",
        automatic="" if policy.automatic_days_before is None else str(policy.automatic_days_before),
        checked_in=policy.checked_in_qualify,
        back_on_sale=policy.put_back_on_sale,
        round=round,
    )  # fmt: skip


def read_policy(form: Mapping[str, str], currency: str) -> RefundPolicy:
    """Return the policy that a form says.

    Raises:
        BadInput: A field can't be read; the sentence says which.
    """
    tiers: list[dict[str, int]] = []
    for n in range(TIERS * 5):
        days, percent = form.get(f"days_{n}", "").strip(), form.get(f"percent_{n}", "").strip()
        if days or percent:
            tiers.append({"days_before": _whole(days, "days before"), "percent": _whole(percent, "percent")})
    fee, automatic = form.get("fee", "").strip(), form.get("automatic", "").strip()
    return RefundPolicy.from_document(
        {
            "tiers": tiers,
            "fee_minor": parse_decimal(fee, currency) if fee else 0,
            "checked_in_qualify": form.get("checked_in") == "on",
            "put_back_on_sale": form.get("back_on_sale") == "on",
            "automatic_days_before": _whole(automatic, "automatic days") if automatic else None,
        }
    )


def example(policy: RefundPolicy, row: PolicyRow, limit_minor: int | None) -> tuple[str, list[ExampleRow]]:
    """Return what an order of two tickets gets back on the last day of each tier and after, by the rule itself.

    Args:
        limit_minor: What a manager may give back alone, minor units; ``None``: any amount.
    """
    price = row.price_minor or parse_decimal(EXAMPLE_PRICE, row.currency)
    about = OrderFacts(row.currency, datetime.fromisoformat(row.starts_at), row.zone)
    tickets = [TicketFacts(n, price) for n in range(EXAMPLE_TICKETS)]
    zone = ZoneInfo(row.zone)
    days = [tier.days_before for tier in policy.tiers]
    if policy.automatic_days_before is not None:
        days.append(policy.automatic_days_before)
    shown: list[ExampleRow] = []
    for before in sorted(set(days), reverse=True):
        day = deadline(Tier(before, 0), about.starts_at, row.zone)
        # On the day of the event itself, before it begins.
        noon = min(datetime.combine(day, time(12), zone), about.starts_at - timedelta(minutes=1))
        shown.append(
            _example_row(policy, about, tickets, noon, f"Until {l10n.day(noon, row.zone)}", limit_minor)
        )
    last = about.starts_at - timedelta(minutes=1)
    if not days or min(days) > 0:
        shown.append(_example_row(policy, about, tickets, last, "After that", limit_minor))
    total = l10n.money(price * EXAMPLE_TICKETS, row.currency)
    return f"{EXAMPLE_TICKETS} tickets, {total} paid", shown


def _example_row(
    policy: RefundPolicy,
    about: OrderFacts,
    tickets: list[TicketFacts],
    at: datetime,
    words: str,
    limit_minor: int | None,
) -> ExampleRow:
    back = policy_outcome(policy, about, tickets, at).amount_minor
    person = why_person_for_order(
        policy, about, at, disputed=False, asked_before=False
    ) or why_person_for_tickets(back, about.currency, used=0, limit_minor=limit_minor)
    return ExampleRow(
        words, l10n.money(back, about.currency), "A person decides" if person else "Approved at once"
    )


def trial_face(trial: PolicyTrial, zone: str) -> TrialFace:
    """Return what a policy would have decided, in words; times in the event's zone."""
    if not trial.requests:
        return TrialFace(
            lead="Nobody asked for a refund of this event in the last 12 months, so there is nothing to compare."
        )

    def money(minor: int) -> str:
        return l10n.money(minor, trial.currency)

    change = trial.now_minor - trial.was_minor
    less_or_more = "more" if change > 0 else "less"
    differs = f", {money(abs(change))} {less_or_more}" if change else ", the same"
    many = f"{trial.requests:,} {'request' if trial.requests == 1 else 'requests'}"
    rest = trial.different - len(trial.rows)
    return TrialFace(
        lead=f"{many} in the last 12 months. {trial.different:,} would have been answered with another amount.",
        amounts=f"{money(trial.now_minor)} in all instead of {money(trial.was_minor)}{differs}.",
        alone=f"{trial.at_once:,} approved at once, without a person; {trial.was_at_once:,} were.",
        rows=[
            DifferentRow(
                f"/admin/refunds?tab=all&request={row.request_id}", row.order_number, row.buyer_name,
                l10n.day(datetime.fromisoformat(row.asked_at), zone), money(row.was_minor), money(row.now_minor),
            )
            for row in trial.rows
        ],
        more=f"and {rest:,} more" if rest > 0 else "",
    )  # fmt: skip


def _whole(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise BadInput(f"The {name} of a refund policy is a whole number.", field="refund_policy")
    return int(text)
