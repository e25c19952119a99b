"""Recovery by a second person: a colleague ends someone's factors, and a one-time code lets them enrol again.

The code is shown on the colleague's screen and never mailed, and is good only while they could still give it. It does
not replace a password that its owner still knows, so that whoever resets cannot enter under the other's name; a
forgotten one only yields to a colleague who may do all that its owner may.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now
from temoin.lib.errors import refuse
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.account_events import remove_factors, told_by
from temoin.pharmacies.models import Member
from temoin.pharmacies.notices import NoticeKind, post_notice
from temoin.pharmacies.policies import (
    check_may_seat,
    check_may_stand_in,
    check_right,
    has_right,
    may_give,
    seats_within_reach,
)
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, colleague, pharmacies_of, seat_at_work
from temoin.signin.models import ENROLMENT, Person
from temoin.signin.open_sessions import end_sessions
from temoin.signin.own_secrets import matches_hash, seal_hash

LIFE = timedelta(hours=24)
USED = "!"  # opens nothing; stands until a factor is set up, so that the password alone does not open either
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_LOOKS_LIKE = str.maketrans("ILO", "110", "- ")


def reset_factors(*, by: Seat, member_id: UUID, password_too: bool) -> str:
    """End a colleague's factors and sessions; return the code with which they enrol again within 24 hours."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    code = draw_code()
    person_id = find_resettable(by=by, member_id=member_id).person_id
    hashed = seal_hash(ENROLMENT, person_id, code)  # slow on purpose: before the transaction
    with (
        act(by=by, kind=EventKind.FACTORS_RESET, subject_kind="member", subject_id=member_id) as commit,
        told_by(commit),
    ):
        other = find_resettable(by=by, member_id=member_id)
        person = lock_person(other.person_id)
        if password_too or not person.has_usable_password():
            check_may_stand_in(by=by, profession=other.profession)
            person.set_unusable_password()
        _check_works_here_only(person, by.pharmacy_id)
        reset_account(person, hashed, NoticeKind.FACTORS_RESET)
    return say_code(code)


def draw_code() -> str:
    """Draw a one-time code of 60 bits."""
    return "".join(secrets.choice(_ALPHABET) for _letter in range(12))


def say_code(code: str) -> str:
    """Return a code in groups, as it is read out."""
    return "-".join(code[start : start + 4] for start in (0, 4, 8))


def reset_account(person: Person, hashed: str, notice: NoticeKind) -> None:
    """End what a locked account had, keep the code, and tell its person."""
    person.enrolment, person.enrolment_until = hashed, now() + LIFE
    person.save(update_fields=["password", "enrolment", "enrolment_until"])
    end_factors_and_sessions(person)
    post_notice(person_id=person.id, kind=notice)


def find_resettable(*, by: Seat, member_id: UUID) -> Seat:
    """Return the colleague to reset: one of those whose places whoever asks may change."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    other = colleague(by=by, member_id=member_id)
    check_may_seat(by=by, profession=other.profession)
    return other


def end_factors_and_sessions(person: Person) -> None:
    """Remove every factor and end every session of a person, at the next request of each."""
    remove_factors(person.id)
    end_sessions(person)


def enrol(*, email: str, code: str, password: str) -> Person | None:
    """Return whose code it is, used up by this; None for every kind of mistake, after the same work."""
    person = Person.objects.filter(email__iexact=email, is_active=True).first()
    known = person if person is not None else Person(enrolment=USED, password=USED)
    stored = known.enrolment
    right_code = matches_hash(ENROLMENT, known.id, code.upper().translate(_LOOKS_LIKE), sealed=stored)
    right_password = known.check_password(password)
    if person is None or not right_code or person.enrolment_until is None or person.enrolment_until <= now():
        return None
    if (person.has_usable_password() and not right_password) or not _could_be_given_today(person):
        return None
    return person if _use_code(person.id, stored) else None


def _use_code(person_id: UUID, stored: str) -> bool:
    """Use a code up; False when somebody else was first."""
    with transaction.atomic():
        person = lock_person(person_id)
        if person.enrolment != stored:
            return False
        _keep_enrolment(person, USED)
    return True


def _keep_enrolment(person: Person, enrolment: str) -> None:
    person.enrolment, person.enrolment_until = enrolment, None
    person.save(update_fields=["enrolment", "enrolment_until"])


def _could_be_given_today(person: Person) -> bool:
    """Tell whether whoever reset these factors is at work and may still: a code ends with the place of its giver."""
    for place in pharmacies_of(person.id):
        with tenant_scope(place.id):
            member = Member.objects.get(person_id=person.id)
            kinds = [EventKind.FACTORS_RESET.value, EventKind.FACTORS_RECOVERED.value]
            reset = Event.objects.filter(subject_id=member.id, kind__in=kinds).order_by("-at").first()
            if reset is not None and reset.kind == EventKind.FACTORS_RECOVERED.value:
                return seat_at_work(member) is not None
            if reset is not None:
                giver = seat_at_work(Member.objects.filter(id=reset.actor_id).first())
                return giver is not None and may_reset(giver, member.profession, person)
    return False


def may_reset(giver: Seat, profession: str, person: Person) -> bool:
    """Tell whether this colleague could reset the person, who has this place."""
    if not has_right(by=giver, right=Right.MANAGE_MEMBERS) or profession not in seats_within_reach(giver):
        return False
    return person.has_usable_password() or may_give(by=giver, profession=profession)


def complete_enrolment(person_id: UUID) -> None:
    """Note that a factor was set up: the ordinary ways in are open again."""
    with transaction.atomic():
        person = lock_person(person_id)
        if person.enrolment:
            _keep_enrolment(person, "")


def lock_person(person_id: UUID) -> Person:
    """Return the account, locked until the transaction ends."""
    return Person.objects.select_for_update(of=("self",)).get(id=person_id)


def _check_works_here_only(person: Person, pharmacy_id: UUID) -> None:
    """Refuse for a person who also works elsewhere: one pharmacy must not open the door of another."""
    if any(place.id != pharmacy_id for place in pharmacies_of(person.id)):
        raise refuse(
            "member",
            "works_elsewhere",
            _(
                "This person also works in another pharmacy: they can use a recovery code, another passkey or "
                "Pro Santé Connect. Otherwise, ask the operator."
            ),
        )
