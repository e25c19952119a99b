"""The poster of a pharmacy: its code leads to the form, and a new poster ends the former one at once."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from temoin.arrivals.models import Poster
from temoin.arrivals.pairs import keep_pairs
from temoin.arrivals.states import POSTER, PosterState
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, DeniedError, NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.lib.training import is_training
from temoin.pharmacies.policies import Holder, check_operator, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import pharmacy_of

TOKEN_BYTES: Final = 16  # 128 bits: nobody guesses the way into a pharmacy's form


@dataclass(frozen=True)
class PosterView:
    """What a poster shows."""

    id: UUID
    token: str
    place: str
    made_at: datetime


def standing_poster(*, by: Holder) -> PosterView | None:
    """Return the poster that stands; None before the first one is made."""
    check_right(by=by, right=Right.REGISTER_TEST)
    with tenant_scope(by.pharmacy_id):
        poster: Poster | None = Poster.objects.filter(state=PosterState.STANDING.value).first()
        if poster is None:
            return None
        return PosterView(poster.id, str(poster.unseal()["token"]), poster.place, poster.made_at)


def make_poster(*, by: Holder, instead_of: UUID | None) -> None:
    """Make a poster, and withdraw the former one: its code opens nothing any more.

    `instead_of` is the one that the person saw: ConflictError when another stands already.
    """
    check_right(by=by, right=Right.REGISTER_TEST)
    if is_training(by.pharmacy_id):  # its code would lead patients there
        raise DeniedError("poster")
    with tenant_scope(by.pharmacy_id):
        if instead_of is not None:
            withdraw_poster(by=by, poster_id=instead_of)
        poster = _drawn(by)
        with act(by=by, kind=EventKind.POSTER_MADE, subject_kind="poster", subject_id=poster.id) as commit:
            commit.insert(poster)
    keep_pairs(by=by)


def withdraw_poster(*, by: Holder, poster_id: UUID) -> None:
    """Let a poster open nothing any more; forms that were handed in by it stay. ConflictError once it was withdrawn."""
    check_right(by=by, right=Right.REGISTER_TEST)
    _withdraw(poster_id, by=by)


def end_posters(*, by: Holder) -> None:
    """Withdraw the poster that stands, for the operator who closes the pharmacy."""
    check_operator(by=by)
    with tenant_scope(by.pharmacy_id):
        standing = list(Poster.objects.filter(state=PosterState.STANDING.value).values_list("id", flat=True))
        for poster_id in standing:
            _withdraw(poster_id, by=by)


def _withdraw(poster_id: UUID, *, by: Holder) -> None:
    with act(by=by, kind=EventKind.POSTER_WITHDRAWN, subject_kind="poster", subject_id=poster_id) as commit:
        poster: Poster | None = Poster.objects.filter(id=poster_id).first()
        if poster is None:
            raise NotFoundError
        if not POSTER.allows("withdraw", poster.state):
            raise ConflictError("this poster was withdrawn already")
        commit.move_sealed(poster, "withdraw")


def _drawn(by: Holder) -> Poster:
    token = secrets.token_bytes(TOKEN_BYTES)
    poster = Poster(pharmacy_id=by.pharmacy_id, id=new_id(), made_at=now(), token_hash=sha256(token).digest())
    poster.place = pharmacy_of(by).name
    poster.seal({"token": urlsafe_b64encode(token).rstrip(b"=").decode("ascii")})
    return poster
