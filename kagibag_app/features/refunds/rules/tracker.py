"""Where a refund stands for its buyer, as four steps."""

from __future__ import annotations

from enum import StrEnum

from kagibag_app.features.refunds.rules.states import ACCEPTED, RefundStatus, RequestStatus


class StepKey(StrEnum):
    """The steps, in order."""

    REQUESTED = "requested"
    APPROVED = "approved"
    SENT = "sent"
    AT_BANK = "at_bank"


STEP_LABELS = {
    StepKey.REQUESTED: "Requested",
    StepKey.APPROVED: "Approved",
    StepKey.SENT: "Sent by Stripe",
    StepKey.AT_BANK: "At your bank",
}

_Q = RequestStatus
_DECIDED_AGAINST = frozenset({_Q.DECLINED, _Q.WITHDRAWN, _Q.SUPERSEDED})


def step_states(request: RequestStatus, refund: RefundStatus | None) -> dict[StepKey, str]:
    """Return each step's state: done, now, todo or failed.

    A buyer whose refund failed has nothing to do: the organizer is told and sends it again, so the step that is
    being repaired shows as ``now``, not as lost.
    """
    if request in _DECIDED_AGAINST:
        return {StepKey.REQUESTED: "done", StepKey.APPROVED: "failed"}
    if request in (_Q.OPEN, _Q.AWAITING_SECOND):
        return _states(done=1)
    return _states(done=3 if refund in ACCEPTED else 2)


def _states(*, done: int) -> dict[StepKey, str]:
    words = ["done"] * done + ["now"] + ["todo"] * 3
    return dict(zip(StepKey, words, strict=False))
