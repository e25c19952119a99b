"""What the counter's page holds for a time without a line: the form of a walk-in, its lots, and the key of its store.

The key is that of one person in one pharmacy for one day: made when it is asked for, and kept nowhere (decision 0198).
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from temoin.catalogue.kinds import load_kinds
from temoin.patients.notice import CURRENT_NOTICE
from temoin.pharmacies.policies import has_right, may_sign
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.signin.sessions import Owner, owner_of
from temoin.web.fields import Field, Typed
from temoin.web.kept_forms import owner_tag
from temoin.web.patient_form import patient_groups
from temoin.web.record_forms import CONSENT, kind_field, outcome_fields
from temoin.web.sampled_now import ready_samples
from temoin.web.times import page_today
from temoin.web.workstation import station_of

# What is asked while a person waits and nothing can be looked up: who they are, and how they are reached.
ASKED = ("birth_family_name", "birth_given_names", "single_name", "birth_date", "sex", "email", "phone", "way")


def away_store(request: HttpRequest) -> dict[str, str]:
    """Return whose store the page opens, and its keys: today's, and yesterday's for a night without a line."""
    owner = owner_of(request.session)
    if owner is None:
        return {"whose": "", "keys": "{}"}
    days = [f"{page_today() - timedelta(days=back):%Y-%m-%d}" for back in (0, 1)]
    return {"whose": owner_tag(owner), "keys": json.dumps({day: _key(owner, day) for day in days})}


def _key(owner: Owner, day: str) -> str:
    content = f"{owner.person_id} {owner.pharmacy_id} {day}"
    return salted_hmac("temoin.away-store", content, algorithm="sha256").hexdigest()


def walk_in(request: HttpRequest, seat: Seat) -> dict[str, Any] | None:
    """Return the form by which a walk-in is noted without a line; None for whoever registers nobody."""
    if not all(has_right(by=seat, right=right) for right in (Right.REGISTER_PATIENT, Right.REGISTER_TEST)):
        return None
    typed, samples = Typed({}), has_right(by=seat, right=Right.TAKE_SAMPLE)
    ready = ready_samples(seat, station_of(request)) if samples else {}
    groups = [(title, [field for field in fields if field.name in ASKED]) for title, fields in patient_groups({})]
    return {
        "groups": [(title, fields) for title, fields in groups if fields],
        "kind_field": kind_field(request, seat, typed, ready=ready),
        "consent": typed("consent", CONSENT, "checkbox", required=True),
        "notice": CURRENT_NOTICE,
        "ready": sorted(ready.items()),
        "outcomes": _outcomes(seat),
    }


def _outcomes(seat: Seat) -> list[tuple[str, list[Field]]]:
    """Return what is chosen of a test that was read, of those that this person signs."""
    kinds = [kind for kind in load_kinds().values() if kind.offered_at == "counter"]
    signed = [kind for kind in kinds if may_sign(by=seat, signers=kind.signers)]
    return [(kind.code, outcome_fields(kind, Typed({}), row="away")) for kind in signed]
