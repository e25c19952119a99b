"""What notices to programs tell of, and what their last try brought, in words."""

from __future__ import annotations

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from temoin.web.wording import Words
from temoin.webhooks.states import ToldKind

TOLD: dict[ToldKind, Words] = {
    ToldKind.RESULT_SIGNED: _("Result signed"),
    ToldKind.RESULT_CORRECTED: _("Result corrected"),
    ToldKind.RESULT_CANCELLED: _("Result cancelled"),
    ToldKind.LETTER_OPENED: _("Letter opened by the patient"),
    ToldKind.AUTHORITY_ACKNOWLEDGED: _("Acknowledged by the authority"),
    ToldKind.AUTHORITY_REFUSED: _("Refused by the authority"),
    ToldKind.PROPOSAL_REFUSED: _("Proposed result put aside"),
    ToldKind.AMENDMENT_REFUSED: _("Proposed correction refused"),
    ToldKind.TRIAL: _("Trial notice"),
}
_ANSWERS: dict[str, Words] = {
    "": _("not tried yet"),
    "not_public": _("the address leads to no public place: nothing was sent"),
    "certificate_refused": _("the address does not show the right certificate: nothing was sent"),
    "unreachable": _("the address cannot be reached"),
    "no_answer": _("no answer within ten seconds"),
    "redirected": _("the address leads elsewhere: give the last one of the road"),
    "courier_failed": _("a program error here: call support"),
}


def answer_words(code: str) -> Words:
    """Return what a try brought; a status of HTTP by its number."""
    return _ANSWERS.get(code) or format_lazy(_("status {number}"), number=code.removeprefix("http_"))
