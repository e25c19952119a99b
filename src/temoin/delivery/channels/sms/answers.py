"""What a provider's status tells, where all providers mean the same by it."""

from __future__ import annotations

from temoin.delivery.channels.sms.line import SmsReply
from temoin.outbox.courier import Answer, Verdict

# The account's own trouble, which the operator mends: nothing was sent, and it goes when it is mended.
_NOT_NOW = {401: "key_refused", 402: "sms_no_credit", 403: "key_refused", 408: "http_408", 429: "http_429"}
KEPT = 2_000  # bytes of an answer


def taken(reply: SmsReply, name: object) -> Answer:
    """Return that the provider took a message, under its own name for it."""
    receipt = {"id": str(name)}
    return Answer(Verdict.ACCEPTED, "taken_by_sms_provider", receipt=receipt, came=reply.raw[:KEPT], may_come_back=True)


def not_taken(reply: SmsReply, *, recipient_refused: bool, credit_gone: bool = False) -> Answer:
    """Return what an answer other than the awaited one tells: postponed, refused, or in doubt."""
    came = reply.raw[:KEPT]
    if credit_gone:
        return Answer(Verdict.POSTPONED, "sms_no_credit", came=came)
    if reply.status in _NOT_NOW:
        return Answer(Verdict.POSTPONED, _NOT_NOW[reply.status], came=came, retry_after=reply.pause)
    if recipient_refused:
        return Answer(Verdict.REFUSED, "sms_number_refused", came=came, is_own=True)
    if 400 <= reply.status < 500:
        return Answer(Verdict.REFUSED, "sms_refused", came=came)
    return Answer(Verdict.DOUBTFUL, "no_answer", came=came)
