"""The words of the pages on signed results: what they say in all, and where letters and notices are."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from temoin.delivery.letters import LetterFate
from temoin.oversight.signed_tests import LetterStands, NoticeStands, ResultSays
from temoin.web.letter_words import FATE
from temoin.web.wording import Mark, Words

SAYS: dict[ResultSays, Words] = {
    ResultSays.POSITIVE: _("Positive"),
    ResultSays.NEGATIVE: _("Negative"),
    ResultSays.UNCLEAR: _("Inconclusive"),
    ResultSays.MEASURED: _("Measured"),
    ResultSays.VOID: _("Cancelled"),
}
NOTICE: dict[NoticeStands, Mark] = {
    NoticeStands.REFUSED: Mark("warn", "!", _("Rejected")),
    NoticeStands.ON_THE_WAY: Mark("busy", "…", _("On the way")),
    NoticeStands.ARRIVED: Mark("done", "✓", _("Acknowledged")),
    NoticeStands.WITHDRAWN: Mark("over", "–", _("Withdrawn")),
    NoticeStands.NOT_DUE: Mark("over", "–", _("Nobody to tell")),
}
LETTER: dict[LetterStands, Mark] = {
    **{LetterStands(fate.value): FATE[fate] for fate in LetterFate if fate is not LetterFate.REPLACED},
    LetterStands.NO_LETTER: Mark("over", "–", _("No letter")),
}
