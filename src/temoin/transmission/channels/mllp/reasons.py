"""What the answers of this channel alone mean on screen, and what to do."""

from __future__ import annotations

from temoin.lib.label import Label
from temoin.outbox.channel import CodeWords, Remedy

SENT_AGAIN = Label(
    fr="Le service n’a pas accusé réception clairement : le même message est renvoyé, et il n’en garde qu’un.",
    en="The service did not acknowledge clearly: the same message is sent again, and it keeps one.",
)

REASONS = {
    "no_acknowledgement": CodeWords(
        SENT_AGAIN,
        Remedy.LATER,
    ),
    "unreadable_acknowledgement": CodeWords(
        SENT_AGAIN,
        Remedy.LATER,
    ),
}
