"""The words for what the rooms say in codes: rights, states of tests and parcels, reasons of refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from temoin.outbox.channel import Audience, Manner, Remedy
from temoin.outbox.open_channels import destination_named, words_of_code
from temoin.outbox.queries import ParcelView
from temoin.outbox.states import ParcelState
from temoin.pharmacies.professions import Right
from temoin.pharmacies.queries import Colleague
from temoin.pharmacies.refused_calls import RefusedFor
from temoin.pharmacies.register import RegisterDifference
from temoin.pharmacies.register_checks import CardComparison, RegisterView
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.states import RegisterState
from temoin.testing.states import RecordState
from temoin.transmission.judging import OPERATORS_CODES

Words = str | Promise

RIGHT_WORDS: dict[str, Words] = {
    Right.REGISTER_PATIENT: _("register patients"),
    Right.READ_PATIENT: _("see patient records"),
    Right.REGISTER_TEST: _("register tests"),
    Right.READ_TEST: _("see tests"),
    Right.PROPOSE_RESULT: _("propose results for a signature"),
    Right.TAKE_SAMPLE: _("record samples"),
    Right.SIGN_RESULT: _("sign a result"),
    Right.CORRECT_RESULT: _("correct or cancel a result"),
    Right.PRINT_RESULT: _("print a result"),
    Right.EXPORT_RESULTS: _("export results"),
    Right.READ_FIGURES: _("see the pharmacy’s figures"),
    Right.BILL_TESTS: _("bill tests"),
    Right.RECEIVE_LOT: _("receive lots"),
    Right.RECALL_LOT: _("recall a lot"),
    Right.RELEASE_PARCEL: _("send a refused parcel again"),
    Right.MERGE_PATIENTS: _("merge two records of one patient"),
    Right.WITHDRAW_PARCEL: _("withdraw a refused sending"),
    Right.IMPORT_RESULTS: _("import results"),
    Right.ALLOW_LABORATORIES: _("allow laboratories"),
    Right.MANAGE_MEMBERS: _("manage the team"),
    Right.MANAGE_WEBHOOKS: _("say where programs are told"),
    Right.READ_JOURNAL: _("read the journal"),
    Right.LIST_PERSONS: _("list the persons concerned by a breach"),
    Right.OPEN_CASE: _("write down a patient's request"),
    Right.ANSWER_CASE: _("answer a patient's request"),
    Right.TAKE_FILE: _("take the whole file of the pharmacy along"),
    Right.HOLD_DATA: _("keep data from being deleted"),
    Right.COUNT_PERSONS: _("count the persons concerned by a breach"),
    "seat_manager": _("give or change this place"),
    "seat_beyond_own": _("give rights that you do not have; only an owner may"),
}

# What can stop a sign-in, with what to do: title and advice.
ENTRANCE: dict[str, tuple[Words, Words]] = {
    "silent": (
        _("Pro Santé Connect does not answer"),
        _("Sign in with a passkey, or with your password and your application. Sessions already open go on."),
    ),
    "refused": (
        _("Pro Santé Connect did not confirm this sign-in"),
        _("Start again. If it happens again, sign in with a passkey, or with your password and your application."),
    ),
    "no place": (
        _("No pharmacy here knows your register number"),
        _(
            "None of the pharmacies where the national register says that you work has given you a place here. "
            "Ask the pharmacy's owner, or sign in with a passkey, or with your password and your application."
        ),
    ),
    "two accounts": (
        _("Two accounts have your register number"),
        _(
            "Pharmacies gave you a place under two different addresses. Sign in with a passkey, or with your "
            "password and your application, and ask one of them to seat you under the other address."
        ),
    ),
    "too many": (
        _("Too many tries"),
        _("Wait, then try again: the pause grows with each wrong try. A passkey is never made to wait."),
    ),
}

DEVICES: dict[str, Words] = {
    "iPhone": _("iPhone"),
    "iPad": _("iPad"),
    "Android": _("Android telephone or tablet"),
    "Windows": _("Windows computer"),
    "Mac OS X": _("Mac computer"),
    "Linux": _("Linux computer"),
    "": _("Unknown device"),
}


@dataclass(frozen=True)
class Mark:
    """How a state is shown: a sign and words (colour never carries the meaning alone)."""

    tone: str  # calm | busy | done | warn | over
    sign: str
    words: Words


STATE: dict[RecordState, Mark] = {
    RecordState.REGISTERED: Mark("calm", "○", _("To be sampled")),
    RecordState.SAMPLED: Mark("busy", "◔", _("To be read")),
    RecordState.SIGNED: Mark("done", "✓", _("Signed")),
    RecordState.CORRECTED: Mark("done", "✓", _("Corrected")),
    RecordState.CANCELLED: Mark("over", "✕", _("Cancelled")),
    RecordState.ABANDONED: Mark("over", "–", _("Abandoned")),
}

SCOPE_WORDS: dict[Scope, Words] = {
    Scope.TESTS_READ: _("See tests, their results, and where their parcels and letters are"),
    Scope.TESTS_WRITE: _("Register tests and record samples"),
    Scope.PATIENTS_READ: _("Look for patients and see their records"),
    Scope.PATIENTS_WRITE: _("Register patients"),
    Scope.RESULTS_PROPOSE: _("Propose results, which a pharmacist signs"),
    Scope.WEBHOOKS_MANAGE: _("Say at which address it is told of changes, by numbers alone"),
}
REFUSED_WORDS: dict[RefusedFor, Words] = {
    RefusedFor.ASSERTION: _("its key was not proved"),
    RefusedFor.SCOPE: _("it asked for more than it was given"),
    RefusedFor.CERTIFICATE: _("its certificate is not valid"),
    RefusedFor.TOKEN: _("its token is not valid"),
}

WORKS = Mark("done", "✓", _("At work"))
LEAVES = Mark("busy", "→", _("Leaving"))
SUSPENDED = Mark("warn", "!", _("Suspended"))
LEFT = Mark("over", "–", _("Left"))
# A program whose voucher left, was suspended or lost the right.
STOPPED = Mark("warn", "!", _("no longer may: the program is stopped"))
UNTOLD = Mark("warn", "!", _("not taken for a day"))

# What the register of professionals says of somebody's number; the second table once somebody looked at the card.
REGISTER: dict[RegisterState, Mark] = {
    RegisterState.WAITING: Mark("calm", "○", _("Not checked")),
    RegisterState.AGREES: Mark("done", "✓", _("Confirmed")),
    RegisterState.DIFFERS: Mark("warn", "!", _("Differs")),
    RegisterState.UNKNOWN: Mark("warn", "!", _("Unknown number")),
}
COMPARED: dict[RegisterState, Mark] = {
    RegisterState.DIFFERS: Mark("calm", "○", _("Differs")),
    RegisterState.UNKNOWN: Mark("calm", "○", _("Unknown number")),
}
DIFFERS: dict[RegisterDifference, Words] = {
    RegisterDifference.NAME: _("another name"),
    RegisterDifference.PROFESSION: _("another profession"),
    RegisterDifference.CLOSED: _("no longer practises"),
}

_P = ParcelState
AUTHORITY: dict[ParcelState, Mark] = {
    _P.WAITING: Mark("busy", "…", _("To be transmitted")),
    _P.SENDING: Mark("busy", "→", _("Being transmitted")),
    _P.IN_DOUBT: Mark("busy", "?", _("Being checked with the authority")),
    _P.ACCEPTED: Mark("done", "✓", _("Acknowledged")),
    _P.REFUSED: Mark("warn", "!", _("Rejected")),
    _P.REPLACED: Mark("over", "–", _("Replaced")),
    _P.WITHDRAWN: Mark("over", "–", _("Withdrawn")),
}
PATIENT: dict[ParcelState, Mark] = {
    _P.WAITING: Mark("busy", "…", _("Link to be sent")),
    _P.SENDING: Mark("busy", "→", _("Link being sent")),
    _P.IN_DOUBT: Mark("busy", "?", _("Link being sent again")),
    _P.ACCEPTED: Mark("done", "✓", _("Link sent")),
    _P.REFUSED: Mark("warn", "!", _("Link not sent")),
    _P.REPLACED: Mark("over", "–", _("Link replaced")),
    _P.WITHDRAWN: Mark("over", "–", _("Link withdrawn")),
}
SECURE: dict[ParcelState, Mark] = {
    **AUTHORITY,
    _P.IN_DOUBT: Mark("busy", "?", _("Being sent again")),
    _P.ACCEPTED: Mark("done", "✓", _("Taken by the secure messaging")),
    _P.REFUSED: Mark("warn", "!", _("Not delivered")),
}
OF_MANNER = {Manner.ANSWERED: AUTHORITY, Manner.MESSAGE: SECURE, Manner.LINK: PATIENT}

_LATER = _("It is retried automatically; testing and printing go on meanwhile.")
_LOOK = _("It goes on trying, and always meets this answer: call support. It can also be sent at once.")
_REPEATED = Mark("warn", "!", _("Same answer again and again"))
_SUPPORT = _("Call support, then send it again.")
_NOTHING = _("There is nothing to do.")
_CORRECT = _(
    "Is a name, a date or a number wrong? Correct the patient's record, then the result. "
    "If the receiver was at fault, send it again."
)
_COMPLETE_PATIENT = _("Complete the patient's record, then correct the result: the corrected version is sent.")
_NOT_AGREED = (
    _("The service takes nothing from this site at present: its address, our access or our agreement is wrong."),
    _("Call support: no result is at fault, and each is sent automatically afterwards."),
)
_TOLD_SUPPORT = _("It is retried automatically. Call support.")
_RULED_OUT = _("The rules of the destination, changed since the signature, do not let this result go.")
REMEDY: dict[Remedy, Words] = {
    Remedy.LATER: _LATER,
    Remedy.NOTHING: _NOTHING,
    Remedy.SUPPORT: _SUPPORT,
    Remedy.CORRECT: _CORRECT,
    Remedy.COMPLETE_PATIENT: _COMPLETE_PATIENT,
}
# Codes that several channels give; each says those of its own.
REASON: dict[str, tuple[Words, Words]] = {
    "unreachable": (_("The service cannot be reached."), _LATER),
    "no_answer": (_("The service did not answer clearly: it is asked what it holds."), _LATER),
    "unreadable_answer": (_("The service did not answer clearly: it is asked what it holds."), _LATER),
    "answer_for_another_key": (_("The service answered about another result."), _SUPPORT),
    "certificate_refused": (_("The service does not show the right certificate: nothing was sent."), _SUPPORT),
    "no_rule": (_RULED_OUT, _SUPPORT),
    "identity": (_RULED_OUT, _("Qualify the identity on the patient's record, then sign or correct the result.")),
    "not_in_force": (_RULED_OUT, _SUPPORT),
    "not_agreed": _NOT_AGREED,
    **dict.fromkeys(OPERATORS_CODES, _NOT_AGREED),
    "demonstration": (_("A demonstration result is never sent to a real authority."), _NOTHING),
    "not_prepared": (_("The document could not be made."), _SUPPORT),
    "courier_broken": (_("A program error prevented this from being sent."), _TOLD_SUPPORT),
    "courier_failed": (_("A program error: it is not known whether this was sent."), _TOLD_SUPPORT),
    "not_kept": (_("The pharmacy's keys are unavailable: the answer could not be kept."), _LATER),
    "mail_server_refused": (_("The mail server refuses our messages."), _LATER),
    "cut_off": (_("The connection to the mail server was cut."), _LATER),
}
_REJECTED = (_("The authority rejects the document."), _CORRECT)
_TROUBLED = (_("The service is in trouble."), _LATER)


@dataclass(frozen=True)
class ParcelLine:
    parcel: ParcelView
    destination: Words
    mark: Mark
    reason: Words
    remedy: Words
    releases: bool  # whoever looks may send parcels again

    @property
    def sends_again(self) -> bool:
        """Tell whether they are offered to send it again."""
        return self.releases and self.may_go_again

    @property
    def arrived_at(self) -> datetime | None:
        """Return when it arrived, where its state says by itself that it did."""
        return self.parcel.settled_at if self.mark.tone == "done" else None

    @property
    def is_refused(self) -> bool:
        """Tell whether a person must act."""
        return self.parcel.state is ParcelState.REFUSED

    @property
    def may_go_again(self) -> bool:
        """Tell whether a person may have it sent: again after a refusal, or now instead of later."""
        return self.is_refused or self.parcel.matter_since is not None


@dataclass(frozen=True)
class RegisterLine:
    """What the register says of a number, in words: the mark, its day, what differs, whom it knows, who compared it."""

    mark: Mark
    day: datetime | None
    differs: list[Words]
    shown: str
    tried_at: datetime | None
    answer: str
    compared: CardComparison | None


def register_line(view: RegisterView | None) -> RegisterLine | None:
    """Return how a number stands; None for who has none."""
    if view is None:
        return None
    return RegisterLine(
        mark=(COMPARED if view.compared else REGISTER)[view.state],
        day=view.checked_at,
        differs=[DIFFERS[one] for one in view.differs],
        shown=view.shown if view.is_contradicted else "",
        tried_at=view.tried_at,
        answer=view.answer,
        compared=view.compared,
    )


def place_mark(person: Colleague) -> Mark:
    if person.has_left:
        return LEFT
    if not person.is_active:
        return SUSPENDED
    return WORKS if person.last_day is None else LEAVES


def mark_of(destination: str, state: ParcelState) -> Mark:
    known = destination_named(destination)
    return OF_MANNER[Manner.ANSWERED if known is None else known.manner][state]


def goes_to_an_address(destination: str) -> bool:
    """Tell whether a person is written to, at an address of the patient's record, rather than an authority."""
    known = destination_named(destination)
    return known is not None and known.audience is not Audience.AUTHORITY


def destination_words(name: str) -> str:
    """Return what a destination is called on screen; its own name where no channel bears it any more."""
    known = destination_named(name)
    return name if known is None else known.words.text(get_language() or "fr")


def parcel_line(parcel: ParcelView, *, releases: bool) -> ParcelLine:
    """Put a parcel into words, with the reason and the remedy when it did not simply go through."""
    reason, remedy = _reason(parcel)
    return ParcelLine(
        parcel=parcel,
        destination=destination_words(parcel.destination),
        mark=_REPEATED if parcel.matter_since else mark_of(parcel.destination, parcel.state),
        reason=reason,
        remedy=remedy,
        releases=releases,
    )


def _reason(parcel: ParcelView) -> tuple[Words, Words]:
    silent = {_P.ACCEPTED, _P.REPLACED, _P.WITHDRAWN}
    if parcel.state in silent:
        return "", ""
    is_refused, is_matter = parcel.state is _P.REFUSED, parcel.matter_since is not None
    return reason_words(parcel.answer_code, is_refused=is_refused, is_matter=is_matter)


def reason_words(code: str, *, is_refused: bool, is_matter: bool = False) -> tuple[Words, Words]:
    """Return what an answer's code means and what to do; nothing before the first answer."""
    if not code:
        return "", ""
    reason, remedy = _of_channel(code) or REASON.get(code) or (_REJECTED if is_refused else _TROUBLED)
    return reason, _LOOK if is_matter and remedy in {_LATER, _NOTHING} else remedy


def _of_channel(code: str) -> tuple[Words, Words] | None:
    own = words_of_code(code)
    if own is None:
        return None
    lang = get_language() or "fr"
    return own.reason.text(lang), REMEDY[own.remedy] if isinstance(own.remedy, Remedy) else own.remedy.text(lang)
