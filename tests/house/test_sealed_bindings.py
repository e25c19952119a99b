"""Every column of a row with a sealed value is bound by the seal, or listed here with the reason why not (law 12)."""

from __future__ import annotations

import pytest

from temoin.arrivals.models import ArrivalKey, Poster
from temoin.certificates.models import IssuedCertificate
from temoin.crypto.blind import BlindIndexField
from temoin.crypto.sealed import SealedField, SealedModel
from temoin.intake.models import FileTerms
from temoin.keeping.rows import sealed_models
from temoin.lib.commit import Commit
from temoin.lib.errors import ScopeError
from temoin.lib.ids import new_id
from temoin.outbox.models import Attempt, Parcel, Sides
from temoin.patients.models import Patient
from temoin.pharmacies.models import Invitation, Member, Program, ProgramCall, ProgramToken, RegisterCheck
from temoin.retention.models import Hold, RightsCase
from temoin.surveillance.models import CountedDay
from temoin.testing.models import Group, OrphanResult, Record, RecordVersion, Ticket
from temoin.webhooks.models import Webhook

OF_EVERY_ROW = {"pharmacy_id", "id"}  # always bound
_SCHEDULE = "when and how often it is tried: carries nothing to anybody else"
_TOLD = "what became of it, which the events and the sealed attempts tell too"
UNBOUND: dict[type[SealedModel], dict[str, str]] = {
    Patient: {"created_at": "the hour of registration, which the journal tells too"},
    Record: {
        "state": "moves without the record being opened; the journal's verification compares it with the events",
        "version": "as the state",
        "amends": "says where to look: what is sealed names the version of which it was proposed",
        "registered_at": "an hour, of the time that is sealed",
    },
    RecordVersion: {},
    Poster: {},
    ArrivalKey: {},
    Ticket: {},
    Group: {},
    OrphanResult: {},
    IssuedCertificate: {},
    Parcel: {
        **dict.fromkeys(("attempts", "posted_at", "due_at", "lease_until", "same_count", "same_since"), _SCHEDULE),
        **dict.fromkeys(("state", "settled_at", "answer_code", "matter_since"), _TOLD),
    },
    Attempt: {},
    Sides: {},
    Member: {},
    Invitation: {},
    FileTerms: {},
    Hold: {},
    RightsCase: {},
    RegisterCheck: {
        **dict.fromkeys(
            ("due_at", "tried_at", "ends_at"), "when it is asked again, or no more: carries nothing to anybody"
        ),
        "trouble": "why the last try brought nothing",
    },
    Program: {},
    ProgramToken: {},
    ProgramCall: {},
    CountedDay: {},
    Webhook: {
        "gathered_to": "how far events were gone through: one set back tells again, which each notice's key forbids",
        "matter_since": "whether owners were written to",
    },
}


def columns(model: type[SealedModel]) -> set[str]:
    kept_apart = (SealedField, BlindIndexField)  # an index is found, opened and compared
    return {one.name for one in model._meta.concrete_fields if not isinstance(one, kept_apart)} - OF_EVERY_ROW


@pytest.mark.parametrize("model", sealed_models())
def test_every_column_of_a_sealed_row_is_bound_or_has_a_reason(model):
    assert set(model.binds) | set(UNBOUND[model]) == columns(model)
    assert set(model.binds).isdisjoint(UNBOUND[model])


@pytest.mark.parametrize("model", sealed_models())
def test_a_bound_column_is_never_written_without_the_seal(model):
    for name in set(model.binds) - {"state"}:
        with pytest.raises(ScopeError, match="reseal"):
            Commit().change(model, new_id(), **{name: None})
    for verb in model.lifecycle.moves if "state" in model.binds else ():
        with pytest.raises(ScopeError, match="reseal"):
            Commit().move(model, new_id(), verb)
