"""Programs of a pharmacy that come in through the API: adding and revoking them, and giving them tokens.

A program has scopes, and a person of the pharmacy who vouches for it: without either it is let in for nothing.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.crypto.assertion import (
    AssertionRefusedError,
    KeyRefusedError,
    PrivateKeyError,
    named_issuer,
    prove,
    read_public_key,
)
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError, NotFoundError, TemoinError, refuse
from temoin.lib.ids import new_id
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.lib.typed import typed_line
from temoin.pharmacies.models import Program, ProgramToken
from temoin.pharmacies.policies import Holder, check_right, has_right
from temoin.pharmacies.professions import PROGRAM, Right
from temoin.pharmacies.refused_calls import Refusals, refusals_of
from temoin.pharmacies.scopes import SCOPE_RIGHTS, Scope, read_scopes, rights_of_scopes
from temoin.pharmacies.states import ProgramState
from temoin.pharmacies.token_pace import check_pace
from temoin.pharmacies.vouching import is_vouched, is_witnessed, names_of_vouchers, tell_owners

TOKEN_LIFE = timedelta(minutes=5)
_KEPT = timedelta(minutes=10)  # after its end, for as long as the assertion it was given for could be shown again
_CLEARED_AT_ONCE = 20
_SECRET = 32  # bytes


class ProgramRefusedError(TemoinError):
    """Whoever calls has not proven to be a program of a pharmacy; the caller is told no more.

    A token names its pharmacy, and one that was found its program: for the journal alone.
    """

    def __init__(self, pharmacy_id: UUID | None = None, program_id: UUID | None = None) -> None:
        super().__init__()
        self.pharmacy_id = pharmacy_id
        self.program_id = program_id


class UnvouchedError(TemoinError):
    """A program proved who it is, and the person who vouched for it may no longer: somebody must take it over."""


class ScopeRefusedError(TemoinError):
    """A program asked for a scope that it was not given."""


@dataclass(frozen=True)
class ProgramSeat:
    """A program at work in its pharmacy, as actions receive it in `by=`. Built anew for each request."""

    pharmacy_id: UUID
    program_id: UUID
    name: str
    scopes: tuple[Scope, ...]
    profession: str = PROGRAM
    origin: str = "api"

    @property
    def actor_id(self) -> UUID:
        return self.program_id

    @property
    def rights(self) -> frozenset[Right]:
        """Return what the scopes of the token stand for."""
        return frozenset[Right]().union(*(SCOPE_RIGHTS[scope] for scope in self.scopes))


@dataclass(frozen=True)
class IssuedToken:
    """A token as its program receives it, once."""

    text: str = field(repr=False)
    scopes: tuple[Scope, ...]


@dataclass(frozen=True)
class ProgramView:
    """A program as those who manage it see it."""

    id: UUID
    client_id: str
    name: str
    scopes: tuple[Scope, ...]
    is_active: bool
    voucher: str  # the name of who vouches for it; "" for the operator
    refusals: list[Refusals]  # of calls under its name
    is_vouched: bool  # who vouches for it still may
    may_vouch: bool  # whoever asks could take it over

    @property
    def is_stopped(self) -> bool:
        """Tell whether it may nothing although nobody revoked it: who vouched for it no longer may."""
        return self.is_active and not self.is_vouched


def add_program(*, by: Holder, name: str, public_key: str, scopes: Collection[Scope]) -> UUID:
    """Give a program access. Nobody hands a program a right that they do not hold themselves."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    for right in (right for scope in scopes for right in SCOPE_RIGHTS[scope]):
        check_right(by=by, right=right)
    name = typed_line("name", name, of="Program")
    if not name:
        raise refuse("name", "required", _("Give the program a name of at most 80 characters."))
    program = Program(
        pharmacy_id=by.pharmacy_id,
        id=new_id(),
        name=name,
        scopes=" ".join(sorted(scopes)),
        vouched_by=by.actor_id,
    )
    key = _checked_key(public_key)
    with act(
        by=by,
        kind=EventKind.PROGRAM_ADDED,
        subject_kind="program",
        subject_id=program.id,
        detail=program.scopes,
    ) as commit:
        program.seal({"public_key": key})
        commit.insert(program)
    return program.id


def _checked_key(text: str) -> str:
    try:
        return read_public_key(text)
    except PrivateKeyError:
        advice = _("This is a private key, and was not kept. Make a new pair, and give the public key only.")
        raise refuse("public_key", "private", advice) from None
    except KeyRefusedError:
        advice = _("Paste a public key as PEM or JWK: P-256, Ed25519, or RSA of 2048 bits or more.")
        raise refuse("public_key", "malformed", advice) from None


def revoke_program(*, by: Holder, program_id: UUID) -> None:
    """End a program's access, tokens in use included, from its next request on."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    with act(by=by, kind=EventKind.PROGRAM_REVOKED, subject_kind="program", subject_id=program_id) as commit:
        program = Program.objects.select_for_update().filter(id=program_id).first()
        if program is None:
            raise NotFoundError
        commit.move_sealed(program, "revoke")


def list_programs(*, by: Holder) -> list[ProgramView]:
    """Return the pharmacy's programs, those that may come in first."""
    check_right(by=by, right=Right.MANAGE_MEMBERS)
    with tenant_scope(by.pharmacy_id):
        programs = list(Program.objects.order_by("state", "name"))
        names, refused = names_of_vouchers(programs), refusals_of(program.id for program in programs)
        return [_view(by, program, names, refused.get(program.id, [])) for program in programs]


def _view(by: Holder, program: Program, names: Mapping[UUID, str], refusals: list[Refusals]) -> ProgramView:
    is_active = program.state == ProgramState.ACTIVE.value
    could = all(has_right(by=by, right=right) for right in rights_of_scopes(program.scopes))
    return ProgramView(
        id=program.id,
        client_id=f"{program.pharmacy_id}.{program.id}",
        name=program.name,
        scopes=read_scopes(program.scopes),
        is_active=is_active,
        voucher=names.get(program.vouched_by, "–") if program.vouched_by else "",
        is_vouched=any(each_opened([program], is_vouched)),  # nobody vouches from a place that does not open
        refusals=refusals,
        may_vouch=is_active and could and program.vouched_by != by.actor_id,
    )


def issue_token(*, assertion: str, audiences: Collection[str], scope: str, certificate: bytes) -> IssuedToken:
    """Give a program a token for its assertion, once; `certificate` is what the token is bound to, empty for nothing.

    ProgramRefusedError for whatever is wrong with the assertion, replayed ones included; UnvouchedError when it is
    right and nobody vouches for the program any more; ScopeRefusedError.
    """
    try:
        client_id = named_issuer(assertion)
        pharmacy_id, program_id = (UUID(part) for part in client_id.split("."))
    except (AssertionRefusedError, ValueError):
        raise ProgramRefusedError from None
    with tenant_scope(pharmacy_id):
        program = _active(program_id)
        if not is_witnessed(program):
            raise ProgramRefusedError
        key = program.unseal()["public_key"]
        try:
            proof = prove(assertion, public_key=key, issuer=client_id, audiences=audiences, at=now())
        except AssertionRefusedError:
            raise ProgramRefusedError from None
        check_pace(program_id)  # after the proof: nobody without the key spends what the program may ask for
        if is_vouched(program):
            seat = ProgramSeat(pharmacy_id, program_id, program.name, _granted(program, scope))
            return _issue(seat, proof.jti, certificate)
        tell_owners(program)
    raise UnvouchedError  # outside the transaction, which keeps the message to the owners


def _granted(program: Program, asked: str) -> tuple[Scope, ...]:
    given = read_scopes(program.scopes)
    wanted = asked.split()
    if not set(wanted) <= set(given):
        raise ScopeRefusedError
    return tuple(scope for scope in given if scope in wanted) if wanted else given


def _issue(seat: ProgramSeat, jti: str, certificate: bytes) -> IssuedToken:
    raw = seat.pharmacy_id.bytes + secrets.token_bytes(_SECRET)
    token = ProgramToken(
        pharmacy_id=seat.pharmacy_id,
        id=new_id(),
        program_id=seat.program_id,
        token_hash=sha256(raw).digest(),
        jti_hash=sha256(jti.encode()).digest(),
        certificate=certificate,
        expires_at=now() + TOKEN_LIFE,
    )
    token.seal({"scopes": " ".join(seat.scopes)})
    try:
        with act(by=seat, kind=EventKind.TOKEN_ISSUED, subject_kind="program", subject_id=seat.program_id) as commit:
            _clear_old(commit, seat.program_id)
            commit.insert(token)
    except ConflictError:
        raise ProgramRefusedError from None  # this assertion was shown before
    return IssuedToken(urlsafe_b64encode(raw).decode(), seat.scopes)


def _clear_old(commit: Commit, program_id: UUID) -> None:
    old = ProgramToken.objects.filter(program_id=program_id, expires_at__lt=now() - _KEPT)
    for token_id in old.values_list("id", flat=True)[:_CLEARED_AT_ONCE]:
        commit.remove(ProgramToken, token_id)


def take_program_seat(*, token: str, certificate: bytes) -> ProgramSeat:
    """Return the seat of the program that holds this token; ProgramRefusedError whatever is wrong with it.

    UnvouchedError once the person who vouched for the program may no longer: they left in these five minutes.

    A token begins with its pharmacy's id, so it is looked for in that pharmacy's rows and in no others.
    """
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
        pharmacy_id = UUID(bytes=raw[:16])
    except ValueError:
        raise ProgramRefusedError from None
    with tenant_scope(pharmacy_id):
        found = ProgramToken.objects.filter(token_hash=sha256(raw).digest()).first()
        if found is None:
            raise ProgramRefusedError(pharmacy_id)
        if found.expires_at <= now():
            raise ProgramRefusedError  # as each does after five minutes: nobody has to know
        if bytes(found.certificate) != certificate:
            raise ProgramRefusedError(pharmacy_id, found.program_id)
        program = _active(found.program_id)
        if not is_vouched(program):
            raise UnvouchedError
        return ProgramSeat(pharmacy_id, program.id, program.name, read_scopes(found.unseal()["scopes"]))


def take_named_seat(*, client_id: str, public_key: str | None) -> ProgramSeat:
    """Return the seat of the program that a line belongs to, with all its scopes; ProgramRefusedError, UnvouchedError.

    `public_key`, as canonical JWK, is the one that the line has proved to hold; None where the operator named the
    program for a network without TLS.
    """
    try:
        pharmacy_id, program_id = (UUID(part) for part in client_id.split("."))
    except ValueError:
        raise ProgramRefusedError from None
    with tenant_scope(pharmacy_id):
        program = _active(program_id)
        if not is_witnessed(program) or public_key not in {None, program.unseal()["public_key"]}:
            raise ProgramRefusedError(pharmacy_id, program_id)
        if is_vouched(program):
            return ProgramSeat(pharmacy_id, program_id, program.name, read_scopes(program.scopes))
        tell_owners(program)
    raise UnvouchedError  # outside the transaction, which keeps the message to the owners


def _active(program_id: UUID) -> Program:
    program: Program | None = Program.objects.filter(id=program_id, state=ProgramState.ACTIVE.value).first()
    if program is None:
        raise ProgramRefusedError(current_pharmacy(), program_id)
    program.unseal()  # a row that somebody changed by hand lets nobody in
    return program
