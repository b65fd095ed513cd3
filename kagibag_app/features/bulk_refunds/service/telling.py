"""The mail that says what became of a run."""

from __future__ import annotations

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.bulk_refunds import queries
from kagibag_app.features.bulk_refunds.rules import OrderState
from kagibag_app.features.bulk_refunds.tables import BulkRun
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.notifications.service import tell_organizer
from kagibag_app.storage.transaction import Transaction


async def tell_finished(tx: Transaction, run: BulkRun) -> None:
    """Tell who set it going, and everybody else who decides about refunds."""
    view = await queries.run_view(tx.session, run.organizer_id, run.public_id)
    organizer = await accounts.system_organizer(tx.session, run.organizer_id)
    params = {
        "organizer": organizer.name if organizer else "",
        "run": run.public_id,
        "words": run.words,
        "acting": run.acting,
        "refunded": view.orders(OrderState.REFUNDED),
        "cancelled": view.orders(OrderState.CANCELLED),
        "failed": view.orders(OrderState.FAILED),
        "awaiting_second": view.orders(OrderState.AWAITING_SECOND),
        "awaiting_amounts": view.amounts(OrderState.AWAITING_SECOND),
        "skipped": view.orders(OrderState.SKIPPED),
        "amounts": view.amounts(OrderState.REFUNDED),
        "failed_amounts": view.amounts(OrderState.FAILED),
    }
    await tell_organizer(
        tx, organizer_id=run.organizer_id, order_id=None, template=Template.BULK_REFUND_FINISHED, params=params
    )  # fmt: skip
    told = {member.email for member in await accounts.system_deciders(tx.session, run.organizer_id)}
    email = await accounts.system_member_email(tx.session, run.organizer_id, run.acting_id)
    if email is not None and email not in told:
        await messages.queue(
            tx, organizer_id=run.organizer_id, order_id=None, to=email, template=Template.BULK_REFUND_FINISHED,
            params=params | {"member": run.acting},
        )  # fmt: skip
