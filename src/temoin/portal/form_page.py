"""What the page of the form holds, in every language: fields, kinds of test and their questions, problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.safestring import SafeString

from temoin.catalogue.kinds import counter_kinds
from temoin.catalogue.patient_languages import answer_in_each, kind_in_each, patient_languages, question_in_each
from temoin.catalogue.questions import KindQuestion, load_kind_questions
from temoin.lib.handed import Handed
from temoin.lib.lengths import LONGEST
from temoin.patients.notice import CURRENT_NOTICE
from temoin.patients.traits import EMAIL, PAPER, SMS
from temoin.portal.words import form_words, page_words, side_by_side

HAS_SMS: Final[Handed[bool]] = Handed("whether results may come by text message")
# Name of a trait, its type of input, and by what a browser knows how to fill it in (WCAG 1.3.5).
_NAMED: Final = (
    ("birth_family_name", "text", "family-name"),
    ("birth_given_names", "text", "given-name"),
)
_USED: Final = (("used_family_name", "text", "off"), ("used_given_name", "text", "off"))
_REACHED: Final = (
    ("email", "email", "email"),
    ("phone", "tel", "tel"),
    ("street", "text", "address-line1"),
    ("postcode", "text", "postal-code"),
    ("city", "text", "address-level2"),
)
# What the page says of a field that is to be corrected.
PROBLEMS: Final = (
    *("p_name", "p_given", "p_date", "p_impossible", "p_sex", "p_email", "p_no_email", "p_phone", "p_no_phone"),
    *("p_way", "p_kind", "p_consent", "p_hour", "p_remind"),
)
# What it says of the whole, and how that looks.
MESSAGES: Final = {
    "sending": "",
    **dict.fromkeys(("check", "gone", "slow", "failed", "unable"), "problem"),
    **dict.fromkeys(("taken", "held", "closed", "unknown", "far"), "problem"),
    **dict.fromkeys(("cancelled", "moved", "earlier"), "notice"),
}
# Words of the page that differ where an hour is chosen, and those of an hour that the script puts together.
DIFFERING: Final = ("title", "lead", "private", "send", "done_title", "done_next", "done_code")
SPOKEN: Final = ("left", "full")

KEPT: Final = {"kept": "", "unkept": "problem"}  # as the page of letters says it


@dataclass(frozen=True)
class TextField:
    """A field of one line, and by what a browser knows how to fill it in."""

    name: str
    type: str
    fills: str
    longest: int
    words: SafeString
    is_needed: bool

    @property
    def is_optional(self) -> bool:
        """Tell whether the label says that it may stay empty."""
        return not self.is_needed

    @property
    def direction(self) -> str:
        """Return the direction of what is typed: addresses and numbers are written from the left everywhere."""
        return "ltr" if self.type in {"email", "tel"} else "auto"


@dataclass(frozen=True)
class AskedChoice:
    """One thing to choose, in every language."""

    value: str
    words: SafeString


@dataclass(frozen=True)
class AskedQuestion:
    """A question, the kinds of test that it is asked with, and of whom it is asked."""

    code: str
    words: SafeString
    kinds: str
    sex: str
    from_age: int
    to_age: int
    is_day: bool
    answers: list[AskedChoice]


def form_context(*, takes_appointments: bool) -> Mapping[str, object]:
    """Return all that the page says, which is the same until the program is started anew."""
    words, letters = form_words(), page_words()
    named = {name: f"a_{name}" if takes_appointments else name for name in DIFFERING}
    ways = [way for way in (EMAIL, SMS, PAPER) if way != SMS or HAS_SMS()]
    return {
        "languages": [(one, one.form[named["title"]]) for one in patient_languages().values()],
        "title": patient_languages()["fr"].form[named["title"]],
        "takes_appointments": takes_appointments,
        "head": {name: words[which] for name, which in named.items()},
        "spoken": [(name, words[name]) for name in SPOKEN],
        "f": words,
        "w": letters,
        "notice": CURRENT_NOTICE,
        "named": list(_fields(_NAMED, words, is_needed=True)),
        "used": list(_fields(_USED, words)),
        "reached": list(_fields(_REACHED, words)),
        "birth_date_longest": LONGEST["Patient.birth_date"],
        "sexes": [AskedChoice(sex, words[f"sex_{sex.lower()}"]) for sex in ("F", "M", "U")],
        "ways": [AskedChoice(way, words[f"way_{way}"]) for way in ways],
        "kinds": [AskedChoice(kind.code, side_by_side(kind_in_each(kind))) for kind in counter_kinds()],
        "questions": [_question(one) for one in load_kind_questions().entries.values()],
        "problems": [(name, words[name]) for name in PROBLEMS],
        "messages": [
            *((name, look, words[name]) for name, look in MESSAGES.items()),
            *((name, look, letters[name]) for name, look in KEPT.items()),
        ],
    }


def _fields(
    named: Iterable[tuple[str, str, str]], words: Mapping[str, SafeString], *, is_needed: bool = False
) -> Iterable[TextField]:
    for name, kind, fills in named:
        yield TextField(name, kind, fills, LONGEST[f"Patient.{name}"], words[name], is_needed)


def _question(one: KindQuestion) -> AskedQuestion:
    kinds = " ".join(kind.code for kind in counter_kinds() if one in kind.questions)
    answers = [AskedChoice(answer.code, side_by_side(answer_in_each(answer))) for answer in one.answers]
    first, last = one.from_age or 0, one.to_age or 1000
    return AskedQuestion(
        one.code, side_by_side(question_in_each(one)), kinds, one.sex, first, last, one.is_day, answers
    )
