"""What came of a mail, in the outbox's words."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.mail.replies import OPENING, Fate, MailStage, MailTroubleError
from temoin.outbox.courier import Answer, Verdict

KEPT = 16_000  # bytes of a reply that stay with the attempt
_VERDICTS = {
    Fate.SERVER_LATER: Verdict.POSTPONED,
    Fate.SERVER_REFUSES: Verdict.POSTPONED,
    Fate.MESSAGE_LATER: Verdict.POSTPONED,
    Fate.MESSAGE_REFUSED: Verdict.REFUSED,
    Fate.UNCLEAR: Verdict.DOUBTFUL,
}
_OWN = {Fate.MESSAGE_LATER, Fate.MESSAGE_REFUSED}


@dataclass(frozen=True, kw_only=True)
class Codes:
    """A courier's own codes for what a message may meet."""

    mailbox: str  # the recipient's mailbox does not take it
    message: str  # the server does not take this message
    cut: str = "cut_off"  # the line was cut before anything was taken
    unclear: str = "cut_off"  # a reply that says neither yes nor no


def told(trouble: MailTroubleError, codes: Codes) -> Answer:
    """Return the answer. A refusal of one address is a sign that the server works."""
    return Answer(
        _VERDICTS[trouble.fate],
        _code(trouble, codes),
        detail=f"{trouble.stage.value} {trouble.code or trouble.cause}",
        came=reply_kept(trouble.code, trouble.words) if trouble.code else b"",
        is_own=trouble.fate in _OWN,
        is_sign_of_life=trouble.fate is Fate.MESSAGE_REFUSED,
    )


def reply_kept(code: int, words: bytes) -> bytes:
    return b"%d %s" % (code, words[:KEPT])


def _code(trouble: MailTroubleError, codes: Codes) -> str:
    if trouble.fate in _OWN:
        return codes.mailbox if trouble.stage is MailStage.RCPT else codes.message
    if trouble.fate is Fate.UNCLEAR:
        return codes.unclear if trouble.code else "cut_off"
    if trouble.fate is Fate.SERVER_REFUSES:
        return "mail_server_refused"
    if trouble.cause == "certificate":
        return "certificate_refused"
    if trouble.stage in OPENING:
        return "unreachable"
    return "mail_server_refused" if trouble.code else codes.cut
