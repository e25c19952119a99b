"""A patient's form as a browser would hand it in, and what it holds."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from itertools import cycle
from typing import Any
from uuid import UUID, uuid4

import orjson
from people import COVID, TRAITS
from roles import take_role

from temoin.arrivals.box import BoxAnswer, HandedForm, find_poster, hand_in, key_of_month
from temoin.arrivals.filled import TRAITS as ASKED
from temoin.arrivals.hours import month_of
from temoin.arrivals.posters import make_poster, standing_poster
from temoin.crypto.arrival import FormPlace, seal_form
from temoin.lib.clock import now
from temoin.patients.actions import CURRENT_NOTICE
from temoin.pharmacies.seat import Seat

CODE = "7K2QF-XM04CP"
_numbers = cycle(range(100, 1000))


def token_of(seat: Seat) -> bytes:
    """Return the code of the pharmacy's poster, which is made where there is none."""
    if standing_poster(by=seat) is None:
        make_poster(by=seat, instead_of=None)
    poster = standing_poster(by=seat)
    assert poster is not None
    return urlsafe_b64decode(poster.token + "==")


def filled(**changes: Any) -> dict[str, Any]:
    """Return what the page seals of the patient whom everybody knows."""
    traits = {name: text for name, text in TRAITS.items() if name in ASKED} | {"way": "email", "language": "fr"}
    whole = {"v": 1, "traits": traits, "kind": COVID, "answers": {}, "notice": CURRENT_NOTICE, "code": CODE}
    return whole | changes


def arrive(
    seat: Seat, content: Mapping[str, Any] | bytes | None = None, *, arrival_id: UUID | None = None, number: int = 0
) -> UUID:
    """Hand a form in at a pharmacy, as the patients' site does under its own role."""
    arrival_id, token = arrival_id or uuid4(), token_of(seat)
    given = content if isinstance(content, bytes) else orjson.dumps(filled() if content is None else content)
    with take_role("temoin_portal"):
        poster = find_poster(token)
        assert poster is not None
        key = key_of_month(poster, month_of(now()))
        assert key is not None
        sealed = seal_form(key.public, FormPlace(poster.pharmacy_id, key.key_id, arrival_id), given)
        form = HandedForm(arrival_id, key.key_id, number or next(_numbers), sealed)
        assert hand_in(poster, form) is BoxAnswer.WAITING
    return arrival_id
