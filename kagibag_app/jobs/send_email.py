"""Renders one mail and hands it to the mail server, or keeps it where there is none."""

from __future__ import annotations

from datetime import timedelta

from kagibag_app.features.messages import queries
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.documents import MailLinks, render
from kagibag_app.features.messages.rules import MessageStatus
from kagibag_app.features.messages.views import StoredMessage
from kagibag_app.jobs.outcome import Later
from kagibag_app.ports.mail import Mail, MailError
from kagibag_app.runtime import Runtime
from kagibag_app.settings import StripeMode
from kagibag_app.storage.outbox import Job


async def run(runtime: Runtime, job: Job) -> None:
    """Try once. A crash between the server's answer and our record sends it again: perhaps twice, never lost.

    Raises:
        Later: The server did not take it now. The schedule ends by itself, so that no run counts towards the
            worker's own limit.
    """
    message_id = job.payload["message_id"]
    async with runtime.store.read() as session:
        stored = await queries.system_message(session, message_id)
    if stored is None or stored.row.status is not MessageStatus.QUEUED:
        return
    if not runtime.mailer.delivers:
        await runtime.store.run(lambda tx: messages.mark_kept(tx, message_id=message_id))
        return
    try:
        await runtime.mailer.send(_mail(runtime, stored))
    except MailError as refused:
        await _after_refusal(runtime, stored, refused)
        return
    to = stored.row.recipient
    if not await runtime.store.run(lambda tx: messages.mark_sent(tx, message_id=message_id, to=to)):
        raise Later(timedelta(0), "Its address was corrected while it was sent to the old one.", count=False)


def _mail(runtime: Runtime, stored: StoredMessage) -> Mail:
    rendered = render(
        stored.row.template,
        stored.params,
        MailLinks(runtime.settings.base_url, runtime.links),
        sandbox=runtime.settings.stripe_mode is StripeMode.SANDBOX,
    )
    return Mail(
        to=stored.row.recipient,
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        # The same on every try, so that mail programs recognise a copy.
        message_id=stored.row.public_id,
    )


async def _after_refusal(runtime: Runtime, stored: StoredMessage, refused: MailError) -> None:
    message_id, to, error, final = stored.row.public_id, stored.row.recipient, str(refused), refused.final
    delay = await runtime.store.run(
        lambda tx: messages.mark_failed(tx, message_id=message_id, to=to, error=error, final=final)
    )
    if delay is not None:
        raise Later(delay, error, count=False)
