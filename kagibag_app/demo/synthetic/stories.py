"""Which story each fate tells."""

from __future__ import annotations

from kagibag_app.demo.synthetic import disputes, refund_stories, selling, unpaid, writing
from kagibag_app.demo.synthetic.fates import Fate
from kagibag_app.demo.synthetic.sale import Sale


def tell(sale: Sale, fate: Fate) -> None:
    """Let an order that was placed live through its fate, and write it down."""
    if fate.dispute is not None:
        disputes.tell(sale, fate.dispute)
    elif fate in refund_stories.STORIES or fate is Fate.LATE_PAYMENT:
        refund_stories.tell(sale, fate)
    else:
        _plain(sale, fate)
    selling.check_in(sale)
    writing.write(sale)


def _plain(sale: Sale, fate: Fate) -> None:
    match fate:
        case Fate.PENDING:
            return
        case Fate.PROCESSING:
            unpaid.wait_for_bank(sale)
        case Fate.EXPIRED:
            unpaid.expire(sale)
        case Fate.PAYMENT_FAILED:
            unpaid.fail(sale)
        case Fate.CANCELLED_UNPAID:
            unpaid.cancel_unpaid(sale)
        case Fate.CANCELLED_FREE:
            selling.cancel_free(sale)
        case Fate.NOTED:
            selling.note(sale)
        case Fate.DECLINED_FIRST:
            again = unpaid.decline(sale)
            selling.pay(sale, again)
            selling.complete(sale, again)
        case _:
            selling.buy(sale)
