"""How orders come to be refunded, asked back, or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from kagibag_app.demo.synthetic.catalogue import END
from kagibag_app.demo.synthetic.fates import Fate
from kagibag_app.demo.synthetic.refund_parts import Repayment, Request
from kagibag_app.demo.synthetic.refunds import Refunds
from kagibag_app.demo.synthetic.sale import KAGIBAG, STRIPE, Sale
from kagibag_app.demo.synthetic.selling import buy, pay, room
from kagibag_app.demo.synthetic.unpaid import expire
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.refunds.rules import RefundSource, RefundStatus, RequestStatus
from kagibag_app.features.timeline.rules import EntryKind

_REASONS = (
    ("cannot_attend", "My shift moved to that evening and nobody can take it."),
    ("cannot_attend", "We are expecting, and the date moved up."),
    ("cannot_attend", "The train I had booked was cancelled, the next one arrives after the end."),
    ("cannot_attend", "Ma mère est à l'hôpital, nous ne pourrons pas venir. Merci d'avance."),
    ("cannot_attend", "残念ですが、仕事の都合で行けなくなりました。"),
    ("event_changed", "We had hoped for the other headliner."),
    ("event_changed", "The start was moved by two hours, and our babysitter can't stay that long."),
    ("bought_twice", "My partner had bought tickets for both of us already."),
    ("bought_twice", "The page was slow, I pressed twice and have two orders now."),
    ("wrong_tickets", "I meant the other day."),
    ("wrong_tickets", "Ich brauche ermäßigte Karten, habe aber normale gekauft."),
    ("other", ""),
)
_YES = ("Sorry you can't make it. See you next time!", "Done. It takes a few days to arrive.", "")
_NO = (
    "The policy's last day was a while ago, and your places are kept for you. You may pass the tickets on.",
    "Tickets bought with this code can't be given back.",
    "We can't see a second order under this address. Please send us its number.",
)
_REPLIES = (
    "Here is the other order's number: it was paid with the same card.",
    "Please look again, I wrote on time.",
)
_PRIVATE = (
    "Regular, never asked before.",
    "Second request this year.",
    "Told her on the phone that it takes a week.",
)
_REFUSALS = (
    "insufficient_funds",
    "charge_for_pending_refund_disputed",
    "expired_or_canceled_card",
    "declined",
)
_RETURNS = ("lost_or_stolen_card", "expired_or_canceled_card", "unknown")

Story = Callable[[Sale, Refunds, "Pace"], None]


class Pace:
    """Moments after a purchase, one after the other, within the room that there is."""

    def __init__(self, sale: Sale) -> None:
        self._sale, self._left = sale, room(sale)
        self._at = sale.paid_at or sale.placed_at

    def next(self, share: float) -> datetime:
        """Return a later moment: at most so large a share of what is left of the room away."""
        step = self._left * share * (0.15 + 0.85 * self._sale.desk.chance.random())
        self._at, self._left = self._at + step, self._left - step
        return self._at

    def soon(self) -> datetime:
        """Return a moment some seconds later."""
        self._at += timedelta(seconds=1 + int(self._sale.desk.chance.random() * 4))
        return self._at


def tell(sale: Sale, fate: Fate) -> None:
    """Buy, and let what the fate says become of it."""
    refunds = Refunds(sale)
    if fate is Fate.LATE_PAYMENT:
        _late_payment(sale, refunds)
    else:
        buy(sale)
        STORIES[fate](sale, refunds, Pace(sale))
    refunds.write()


def _ask(sale: Sale, refunds: Refunds, pace: Pace, *, all_of_it: bool = False) -> Request:
    chance = sale.desk.chance
    count = len(sale.places)
    asked = count if all_of_it or count == 1 else 1 + int(chance.random() * (count - 1))
    request = refunds.ask(pace.next(0.5), sale.places[:asked], *chance.choice(_REASONS))
    if chance.random() < 0.25:
        refunds.write_down(pace.next(0.1), request, chance.choice(_PRIVATE))
    return request


def _approved(sale: Sale, refunds: Refunds, pace: Pace, *, all_of_it: bool = False) -> Repayment:
    request = _ask(sale, refunds, pace, all_of_it=all_of_it)
    return refunds.approve(pace.next(0.3), request, sale.member("manager"), sale.desk.chance.choice(_YES))


def _sent(sale: Sale, refunds: Refunds, pace: Pace) -> Repayment:
    made = _approved(sale, refunds, pace)
    refunds.send(pace.soon(), made)
    return made


def _done(refunds: Refunds, pace: Pace, made: Repayment) -> None:
    refunds.send(pace.soon(), made)
    refunds.accept(pace.soon(), made, RefundStatus.SUCCEEDED)


def _part(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    _done(refunds, pace, _approved(sale, refunds, pace))


def _all(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    made = _approved(sale, refunds, pace, all_of_it=True)
    refunds.send(pace.soon(), made)
    refunds.accept(pace.soon(), made, RefundStatus.PENDING)
    refunds.accept(pace.next(0.5), made, RefundStatus.SUCCEEDED)


def _by_policy(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    request = _ask(sale, refunds, pace)
    _done(refunds, pace, refunds.approve(pace.soon(), request, KAGIBAG, ""))


def _whole(sale: Sale, refunds: Refunds, at: datetime, source: RefundSource) -> Repayment:
    made = refunds.create(at, sale.member("manager"), sale.total_minor, refunds.left(), source)
    refunds.refresh(at, sale.member("manager"))
    return made


def _in_bulk(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    _done(refunds, pace, _whole(sale, refunds, pace.next(0.8), RefundSource.BULK))


def _cancelled(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    words = sale.desk.chance.choice(_YES)
    _done(refunds, pace, refunds.start_cancelling(pace.next(0.8), sale.member("manager"), words))


def _tickets_returned(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    places, words = sale.places[:1], sale.desk.chance.choice(_YES)
    shares = {place.key: place.net_minor for place in places}
    amount = sum(shares.values())
    _done(refunds, pace, refunds.start(pace.next(0.8), sale.member("manager"), amount, shares, places, words))


def _amount_returned(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    amount, words = sale.places[-1].net_minor, "For the seat that was not where we said. We are sorry."
    shares = refunds.split(amount)
    _done(refunds, pace, refunds.start(pace.next(0.8), sale.member("manager"), amount, shares, [], words))


def _elsewhere(sale: Sale, refunds: Refunds, at: datetime, amount: int) -> None:
    """A refund is made in Stripe's Dashboard."""
    made = refunds.create(
        at, ("stripe", None, "Stripe Dashboard"), amount, refunds.split(amount), RefundSource.EXTERNAL
    )
    made.stripe_id, made.sent_at = sale.desk.chance.stripe_id("re"), at
    refunds.step(at, made, STRIPE, EntryKind.REFUND_IMPORTED, stripe_id=made.stripe_id)
    refunds.accept(at, made, RefundStatus.SUCCEEDED)


def _at_stripe_part(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    _elsewhere(sale, refunds, pace.next(0.8), sale.places[0].net_minor)


def _at_stripe_all(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    _elsewhere(sale, refunds, pace.next(0.8), sale.total_minor)


def _superseded(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    request, at = _ask(sale, refunds, pace), pace.next(0.5)
    _elsewhere(sale, refunds, at, sale.total_minor)
    request.move(RequestStatus.SUPERSEDED)
    sale.note(at, KAGIBAG, EntryKind.REFUND_SUPERSEDED, {"request": request.public_id})


def _created(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    _approved(sale, refunds, pace)


def _submitting(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    _sent(sale, refunds, pace)


def _unknown(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    made = _sent(sale, refunds, pace)
    made.status, made.flagged = RefundStatus.UNKNOWN, END - made.created_at > timedelta(hours=72)
    at = pace.soon()
    refunds.step(at, made, KAGIBAG, EntryKind.REFUND_UNKNOWN, reason="Stripe gave no answer in time.")


def _pending(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    refunds.accept(pace.soon(), _sent(sale, refunds, pace), RefundStatus.PENDING)


def _requires_action(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    refunds.accept(pace.soon(), _sent(sale, refunds, pace), RefundStatus.REQUIRES_ACTION)


def _canceled(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    refunds.cancel(pace.next(0.1), _approved(sale, refunds, pace))


def _refused(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    refunds.fail(pace.soon(), _sent(sale, refunds, pace), sale.desk.chance.choice(_REFUSALS))


def _came_back(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    made = _approved(sale, refunds, pace)
    _done(refunds, pace, made)
    refunds.fail(pace.next(0.9), made, sale.desk.chance.choice(_RETURNS))


def _sent_again(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    made = _sent(sale, refunds, pace)
    refunds.fail(pace.soon(), made, "insufficient_funds")
    _done(refunds, pace, refunds.again(pace.next(0.5), made, sale.member("manager")))


def _late_payment(sale: Sale, refunds: Refunds) -> None:
    late = expire(sale) + timedelta(minutes=1 + sale.desk.chance.random() * 20)
    pay(sale, late)
    sale.note(late, STRIPE, EntryKind.LATE_PAYMENT, sale.amount(sale.total_minor) | {"why": "no_capacity"})
    made = refunds.create(late, KAGIBAG, sale.total_minor, {}, RefundSource.LATE_PAYMENT)
    refunds.step(late, made, KAGIBAG, EntryKind.LATE_PAYMENT)
    params = {"order": sale.card(), "amount_minor": sale.total_minor}
    sale.mail(late, Template.LATE_PAYMENT, sale.buyer.email, params)
    refunds.send(late + timedelta(seconds=3), made)
    refunds.accept(late + timedelta(seconds=4), made, RefundStatus.SUCCEEDED)


def _asked(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    _ask(sale, refunds, pace)


def _second_look(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    request = _ask(sale, refunds, pace)
    request.move(RequestStatus.AWAITING_SECOND)


def _declined(sale: Sale, refunds: Refunds, pace: Pace) -> Request:
    request = _ask(sale, refunds, pace)
    words = sale.desk.chance.choice(_NO)
    refunds.decide(pace.next(0.4), request, sale.member("manager"), RequestStatus.DECLINED, words)
    return request


def _just_declined(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    _declined(sale, refunds, pace)


def _replied(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    request = _declined(sale, refunds, pace)
    refunds.reply(pace.next(0.5), request, sale.desk.chance.choice(_REPLIES))


def _withdrawn(sale: Sale, refunds: Refunds, pace: Pace) -> None:
    request = _ask(sale, refunds, pace)
    refunds.withdraw(pace.next(0.5), request)


STORIES: dict[Fate, Story] = {
    Fate.PART_REFUNDED: _part,
    Fate.ALL_REFUNDED: _all,
    Fate.BY_POLICY: _by_policy,
    Fate.IN_BULK: _in_bulk,
    Fate.AT_STRIPE_PART: _at_stripe_part,
    Fate.AT_STRIPE_ALL: _at_stripe_all,
    Fate.SUPERSEDED: _superseded,
    Fate.CANCELLED_REFUNDED: _cancelled,
    Fate.TICKETS_RETURNED: _tickets_returned,
    Fate.AMOUNT_RETURNED: _amount_returned,
    Fate.REFUND_CREATED: _created,
    Fate.REFUND_SUBMITTING: _submitting,
    Fate.REFUND_UNKNOWN: _unknown,
    Fate.REFUND_PENDING: _pending,
    Fate.REFUND_REQUIRES_ACTION: _requires_action,
    Fate.REFUND_CANCELED: _canceled,
    Fate.REFUSED: _refused,
    Fate.CAME_BACK: _came_back,
    Fate.SENT_AGAIN: _sent_again,
    Fate.ASKED: _asked,
    Fate.SECOND_LOOK: _second_look,
    Fate.DECLINED: _just_declined,
    Fate.REPLIED: _replied,
    Fate.WITHDRAWN: _withdrawn,
}
