"""The words of the pages on transmission: portions of the list, what came of a try, reasons of a withdrawal."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from temoin.outbox.courier import Verdict
from temoin.outbox.open_parcels import Portion
from temoin.outbox.states import Withdrawal
from temoin.transmission.differences import DifferenceKind
from temoin.web.wording import Mark, Words

PORTION_WORDS: dict[Portion, Words] = {
    Portion.TO_HANDLE: _("To handle: rejected, late or stuck"),
    Portion.REFUSED: _("Rejected"),
    Portion.LATE: _("Late"),
    Portion.REPEATED: _("Same answer again and again"),
    Portion.IN_DOUBT: _("Being checked"),
    Portion.ON_THE_WAY: _("On the way"),
}
VERDICT: dict[str, Mark] = {
    Verdict.ACCEPTED: Mark("done", "✓", _("Acknowledged")),
    Verdict.REFUSED: Mark("warn", "!", _("Rejected")),
    Verdict.POSTPONED: Mark("busy", "…", _("Not taken yet")),
    Verdict.DOUBTFUL: Mark("busy", "?", _("No clear answer")),
    Verdict.REPLACED: Mark("over", "–", _("Replaced")),
}
WITHDRAWAL_WORDS: dict[str, Words] = {
    Withdrawal.TOLD_OTHERWISE: _("the receiver was told by other means (its own page, telephone)"),
    Withdrawal.NOT_DUE: _("this receiver does not take this result"),
    Withdrawal.CANCELLED: _("the result is cancelled, and this receiver never had it"),
    Withdrawal.NOT_REAL: _("training or demonstration"),
}
_RECONCILED = _("Support fixes it before the next reconciliation.")
_OURS_ENDED = _("Tell the receiver, and correct or cancel the result if what it holds is wrong.")
DIFFERENCE_WORDS: dict[str, tuple[Words, Words]] = {
    DifferenceKind.MISSING: (_("Acknowledged here, and the receiver does not hold it."), _RECONCILED),
    DifferenceKind.UNPROVED: (_("Acknowledged here, and no acknowledgement is kept."), _RECONCILED),
    DifferenceKind.UNSETTLED: (_("The receiver holds it, and it is still waiting here."), _RECONCILED),
    DifferenceKind.CLOSED: (
        _("The receiver holds a version that was rejected, replaced or withdrawn here."),
        _OURS_ENDED,
    ),
    DifferenceKind.TWICE: (_("The receiver holds it twice."), _("Tell the receiver: nothing is deleted from here.")),
}
