"""Numbers of professionals that are compared with the register, later: asking never holds up whoever invites.

A row is posted with the act that makes the claim, and the worker asks when the register answers, outside of any
transaction. Until then a page says "not checked". What agrees is asked again every month, what differs every day.
A person who compares what differs with the card settles it (`card_comparison`), until the answer is another one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.journal.act import HouseActor, act
from temoin.journal.alerts import add_alert
from temoin.journal.events import EventKind
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError
from temoin.lib.ids import new_id
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.lib.training import is_training
from temoin.pharmacies.member_names import names_of
from temoin.pharmacies.models import RegisterCheck
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.register import (
    SHOWN_APART,
    Claim,
    Register,
    RegisterAnswerError,
    RegisterAwayError,
    RegisterDifference,
    RegisterFinding,
    compare,
)
from temoin.pharmacies.states import RegisterState

log = logging.getLogger("temoin.pharmacies")

MOST_IN_A_ROUND = 20
AGAIN = {
    RegisterState.AGREES: timedelta(days=30),
    RegisterState.DIFFERS: timedelta(days=1),
    RegisterState.UNKNOWN: timedelta(days=1),
}
AFTER_ODD_ANSWER = timedelta(hours=1)
_ANSWER = ("state", "differs", "due_at", "tried_at", "checked_at", "trouble")
_VERB = {RegisterState.AGREES: "agree", RegisterState.DIFFERS: "differ", RegisterState.UNKNOWN: "miss"}
_SPEAKS_AGAINST = {RegisterState.DIFFERS, RegisterState.UNKNOWN}
_NOT_COMPARED = {"compared_at": "", "compared_by": ""}
_DUE = """
SELECT pharmacy_id, id FROM pharmacies_register_check
WHERE due_at <= %(now)s AND (ends_at IS NULL OR ends_at > %(now)s)
ORDER BY tried_at NULLS FIRST, due_at, id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class CardComparison:
    """When somebody compared a number with the professional card, and who that was."""

    at: datetime
    by: str


@dataclass(frozen=True)
class RegisterView:
    """How a number stands with the register."""

    state: RegisterState
    checked_at: datetime | None
    tried_at: datetime | None  # the last try, when it brought nothing
    differs: tuple[RegisterDifference, ...]
    shown: str  # whom the register knows under the number
    answer: str = ""  # names the register's answer, for whoever acts on what they saw of it
    compared: CardComparison | None = None  # with the card, since it answers so

    @property
    def is_contradicted(self) -> bool:
        """Tell whether what the register says speaks against the number."""
        return self.state in _SPEAKS_AGAINST

    @property
    def is_matter(self) -> bool:
        """Tell whether somebody must look at it."""
        return self.is_contradicted and self.compared is None


@dataclass(frozen=True)
class Subject:
    """Whose number it is: a member, or an invitation; and until when it matters, None for no end."""

    kind: str
    id: UUID
    profession: str
    ends_at: datetime | None = None


def post_check(commit: Commit, subject: Subject, names: Mapping[str, str], known: RegisterCheck | None = None) -> None:
    """Add to an act that a number is to be compared; nothing for who has none. `known` is a look-up that still holds.

    `names` has family_name, given_name and rpps.
    """
    # Of whoever practises, the register is asked for the pharmacy itself.
    if not names["rpps"] or is_training(current_pharmacy()):
        return
    held = {} if known is None else {name: getattr(known, name) for name in _ANSWER}
    row = RegisterCheck(
        pharmacy_id=current_pharmacy(),
        id=new_id(),
        subject_kind=subject.kind,
        subject_id=subject.id,
        profession=subject.profession,
        ends_at=subject.ends_at,
        **{"due_at": now(), **held},
    )
    row.seal(_sealed(names) if known is None else {**known.unseal(), **_claimed(names)})
    commit.insert(row)


def renew_check(commit: Commit, subject: Subject, names: Mapping[str, str]) -> None:
    """Add to an act that a number is to be compared anew, because whoever claims it now is or says another."""
    row = RegisterCheck.objects.filter(subject_id=subject.id).first()
    if row is None:
        post_check(commit, subject, names)
        return
    if not names["rpps"]:
        commit.remove(RegisterCheck, row.id)
        return
    anew = {"differs": "", "due_at": now(), "tried_at": None, "checked_at": None, "trouble": ""}
    commit.move_sealed(row, "ask", _sealed(names), profession=subject.profession, **anew)


def _sealed(names: Mapping[str, str], shown: str = "") -> dict[str, str]:
    return {**_claimed(names), "shown": shown, **_NOT_COMPARED}


def _claimed(names: Mapping[str, str]) -> dict[str, str]:
    return {name: names[name] for name in ("family_name", "given_name", "rpps")}


def drop_check(commit: Commit, subject_id: UUID) -> RegisterCheck | None:
    """Add to an act that a number is asked about no more; return what was known of it."""
    row: RegisterCheck | None = RegisterCheck.objects.filter(subject_id=subject_id).first()
    if row is not None:
        commit.remove(RegisterCheck, row.id)
    return row


def bound_check(commit: Commit, subject_id: UUID, ends_at: datetime | None) -> bool:
    """Add to an act until when a number is asked about; tell whether it is asked about at all."""
    row = RegisterCheck.objects.filter(subject_id=subject_id).values_list("id", flat=True).first()
    if row is not None:
        commit.change(RegisterCheck, row, ends_at=ends_at)
    return row is not None


def views_of(subject_ids: Collection[UUID]) -> dict[UUID, RegisterView]:
    """Return how the numbers of some members or invitations of the pharmacy in scope stand."""
    rows = RegisterCheck.objects.filter(subject_id__in=subject_ids)
    opened = each_opened(rows, lambda row: (row, row.unseal()))
    names = names_of({UUID(held["compared_by"]) for _row, held in opened if held["compared_by"]})
    return {row.subject_id: _view(row, held, names) for row, held in opened}


def _view(row: RegisterCheck, held: Mapping[str, str], names: Mapping[UUID, str]) -> RegisterView:
    return RegisterView(
        state=RegisterState(row.state),
        checked_at=row.checked_at,
        tried_at=row.tried_at if row.trouble else None,
        differs=tuple(RegisterDifference(word) for word in row.differs.split()),
        shown=held["shown"],
        answer=answer_of(row, held),
        compared=_comparison(held, names),
    )


def _comparison(held: Mapping[str, str], names: Mapping[UUID, str]) -> CardComparison | None:
    if not held["compared_at"]:
        return None
    by = held["compared_by"]
    return CardComparison(datetime.fromisoformat(held["compared_at"]), names.get(UUID(by), by))


def answer_of(row: RegisterCheck, held: Mapping[str, str]) -> str:
    """Return a name for what the register answers: the same as long as it answers the same, in whichever order.

    A digest, because it goes through the form of whoever acts on it, and `shown` has a name in it.
    """
    return _named(row.state, row.differs, held["shown"])


def _named(state: str, differs: str, shown: str) -> str:
    parts = [state, *sorted(differs.split()), *sorted(shown.split(SHOWN_APART))]
    return sha256("\n".join(parts).encode()).hexdigest()


def is_matter(row: RegisterCheck, held: Mapping[str, str]) -> bool:
    """Tell whether somebody must look at a number: see `RegisterView`."""
    return _view(row, held, {}).is_matter


def ask_register(register: Register, stop: threading.Event) -> None:
    """Ask about what is due, the worker's part. The one that was not tried for longest goes first.

    RegisterAwayError ends the round, and the duty is shown failing until the register answers: nothing else waits.
    """
    for pharmacy_id, row_id in _due():
        if stop.is_set():
            return
        _ask_one(register, pharmacy_id, row_id)


def _due() -> list[tuple[UUID, UUID]]:
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": now(), "limit": MOST_IN_A_ROUND})
        return list(cursor.fetchall())


def _ask_one(register: Register, pharmacy_id: UUID, row_id: UUID) -> None:
    """Note the try first: a row that breaks whatever touches it comes last from then on, and holds no other."""
    _note(pharmacy_id, row_id, tried_at=now(), trouble="asked")
    with tenant_scope(pharmacy_id):
        row = RegisterCheck.objects.filter(id=row_id).first()
        if row is None:
            return  # withdrawn, or changed, at this very moment
        opened = each_opened([row], lambda one: one.unseal(), origin="worker")
    if not opened:
        return
    (claimed,) = opened
    claim = Claim(
        family_name=claimed["family_name"], given_name=claimed["given_name"], profession=Profession(row.profession)
    )
    try:
        finding = compare(claim, register.look_up(claimed["rpps"]))
    except RegisterAwayError as error:
        _note(pharmacy_id, row_id, trouble=str(error))
        raise
    except RegisterAnswerError as error:
        log.warning("the register gave no answer to a number: %s", error)
        _note(pharmacy_id, row_id, trouble=str(error), due_at=now() + AFTER_ODD_ANSWER)
        return
    _keep(row, claimed, finding)


def _note(pharmacy_id: UUID, row_id: UUID, **values: Any) -> None:
    try:
        with tenant_scope(pharmacy_id):
            commit = Commit()
            commit.change(RegisterCheck, row_id, **values)
            commit.flush()
    except ConflictError:
        log.info("a number is asked about no more")


def _keep(row: RegisterCheck, claimed: dict[str, str], finding: RegisterFinding) -> None:
    """Write what was found with its event; when it differs and that is news, with a message to the owners too.

    What was compared with the card stays so while the answer is the same.
    """
    differs = " ".join(finding.differs)
    is_news = _named(finding.state.value, differs, finding.shown) != answer_of(row, claimed)
    held = _sealed(claimed, finding.shown) if is_news else claimed
    by, agrees = HouseActor(row.pharmacy_id, "worker"), finding.state is RegisterState.AGREES
    found = {"differs": differs, "trouble": "", "checked_at": now(), "due_at": now() + AGAIN[finding.state]}
    subject: dict[str, Any] = {
        "kind": EventKind.REGISTER_AGREED if agrees else EventKind.REGISTER_DIFFERED,
        "subject_kind": row.subject_kind,
        "subject_id": row.subject_id,
    }
    detail = "" if agrees else differs or RegisterState.UNKNOWN.value
    try:
        with act(by=by, **subject, detail=detail) as commit:
            commit.move_sealed(row, _VERB[finding.state], held, **found)
            if is_news and not agrees:
                add_alert(commit, **subject)
    except ConflictError:
        log.info("a number was changed, or is asked about no more")
