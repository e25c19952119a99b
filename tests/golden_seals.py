"""Golden sealed values: one file for each model and schema version, opened by the tests for as long as it is read.

    PYTHONPATH=src python tests/golden_seals.py

writes the file of each model whose version in use has none yet, and never one that is there: it stands for the values
that pharmacies hold in that version. The key is fixed and public, the people are invented.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "temoin.site.settings")

import django
from django.apps import apps

if not apps.ready:
    django.setup()

from people import TRAITS
from strategies import covid_positive

from temoin.arrivals.models import ArrivalKey, Poster
from temoin.catalogue.kinds import kind
from temoin.certificates.models import IssuedCertificate
from temoin.crypto import ring
from temoin.crypto.envelope import Key
from temoin.crypto.sealed import SealedModel, open_value
from temoin.intake.models import FileTerms
from temoin.lib import tenant
from temoin.lib.clock import now
from temoin.outbox.models import Attempt, Parcel, Sides
from temoin.patients.models import Patient
from temoin.patients.traits import check_traits
from temoin.pharmacies.models import Invitation, Member, Program, ProgramCall, ProgramToken, RegisterCheck
from temoin.retention.models import Hold, RightsCase
from temoin.surveillance.models import CountedDay
from temoin.testing.answers import told_answers
from temoin.testing.build import findings
from temoin.testing.models import Group, OrphanResult, Record, RecordVersion, Ticket
from temoin.testing.report import Conduct, PerformingLaboratory, Prescriber
from temoin.testing.sample import Reading
from temoin.webhooks.models import Webhook

FOLDER = Path(__file__).parent / "crypto" / "golden"
PHARMACY, ROW, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
KEY = Key.of(UUID(int=4), bytes(range(32)))
AT = datetime(2026, 11, 29, 9, tzinfo=UTC)
NAMES = {"family_name": "MARTIN", "given_name": "Claire", "rpps": "10003879623"}
DEVICE = {"manufacturer": "M", "reference": "R", "name": "N", "udi": "", "lot": "A1", "expiry": "2027-01-31"}

GLUCOSE = Reading(outcomes={"glucose": "<10 mg/dL"}, read_at=AT)

# The columns that the seal binds, and what it holds.
SAMPLES: dict[type[SealedModel], tuple[dict[str, Any], Any]] = {
    Patient: ({"merged_into": None}, check_traits(TRAITS).to_dict()),
    Record: (
        {"patient_id": OTHER, "lot_id": None},
        {
            "kind": "covid19-ag",
            "registered_at": AT.isoformat(),
            "notice": "2026-11",
            "source": "counter",
            "source_key": "",
            "source_content": "",
            "order_number": "C-2026-0815",
            "number": "50006",
            "called_at": AT.isoformat(),
            "absent_at": "",
            "is_first": True,
            "specimen": "nasopharyngeal",
            "sampled_at": AT.isoformat(),
            "started_at": (AT + timedelta(minutes=1)).isoformat(),
            "typed_times": ["started_at"],
            "device": DEVICE,
            "proposal": {
                "outcomes": {"sars-cov-2": "positive"},
                "read_at": (AT + timedelta(minutes=16)).isoformat(),
                "comment": "",
                "is_typed": False,
                "program": "LGO",
                "proposed_at": (AT + timedelta(minutes=17)).isoformat(),
            },
            "answers": {"symptoms": "yes", "symptoms-onset": "2026-11-27"},
            "amendment": {
                "version": 1,
                "reading": {
                    "outcomes": {"sars-cov-2": "negative"},
                    "read_at": (AT + timedelta(minutes=16)).isoformat(),
                    "comment": "",
                    "is_typed": False,
                },
                "reason": "Saisie inversée",
                "program": "LGO",
                "proposed_at": (AT + timedelta(minutes=40)).isoformat(),
                "ended": "refused",
                "word": "La cassette montre deux lignes",
            },
        },
    ),
    RecordVersion: (
        {"record_id": OTHER, "number": 1, "signed_by": OTHER, "signed_at": AT},
        covid_positive(
            prescriber=Prescriber(family_name="PRESCRIPTEUR", given_name="Anne", number="10003879631", is_rpps=True),
            order_number="C-2026-0815",
            laboratory=PerformingLaboratory(name="Lab", number="05D1234567"),
            answers=told_answers({"symptoms": "yes", "symptoms-onset": "2026-11-20"}, kind("covid19-ag")),
            findings=(*covid_positive().findings, *findings(kind("capillary-glucose"), GLUCOSE)),
            conduct=Conduct(outcome="refer", display="Orienter", reason="Motif", source="Texte"),
        ),
    ),
    Ticket: (
        {"record_id": OTHER, "has_code": True, "drawn_at": AT},
        {"code": "7K3M9-QX2TV4", "salt": "00" * 16, "key": "11" * 32},
    ),
    Group: (
        {"state": "open", "opened_at": AT, "ends_at": AT + timedelta(days=31)},
        {
            "name": "École Jules-Ferry",
            "kind": "covid19-ag",
            "asker": "Dr Anne Prescripteur",
            "roster": [{"patient": str(OTHER), "number": "50006", "state": "tested", "record": str(ROW)}],
        },
    ),
    OrphanResult: (
        {"state": "waiting", "kept_at": AT, "ends_at": AT + timedelta(days=31)},
        {
            "number": "50003",
            "findings": [["94558-4", "negative"]],
            "told_at": AT.isoformat(),
            "came_at": AT.isoformat(),
            "program": "Automate",
            "why": "unknown",
            "reason": "",
        },
    ),
    Poster: (
        {"state": "standing", "made_at": AT, "token_hash": bytes(32), "place": "Pharmacie du Marché"},
        {"token": "A" * 22},
    ),
    ArrivalKey: ({"month": "2026-11", "ends_at": AT, "public": bytes(65)}, {"private": "11" * 32}),
    IssuedCertificate: (
        {"record_id": OTHER, "version": 1, "state": "standing", "expires_on": date(2026, 12, 24)},
        {"number": "AAECAwQFBgcICQoLDA0ODw", "identifier": "URN:UVCI:01:FR:GGD81AAH16AZ#8"},
    ),
    Parcel: (
        {"destination": "patient-email", "subject_id": OTHER, "chain_id": OTHER, "sequence": 1, "key": str(ROW)},
        {"fragment": "A" * 43, "letter": str(OTHER)},
    ),
    CountedDay: (
        {"day": date(2026, 11, 29), "mark": "1:5"},
        {
            "findings": [["2026-11-28", "75", "40-49", "F", "covid19-ag", "sars-cov-2", "positive", "symptoms", 1]],
            "lots": [["2026-11-28", "41FK10", "A1", "sars-cov-2", "positive", 1]],
            "delays": [["2026-11-28", "covid19-ag", "under-30-minutes", 1]],
            "tests": [["2026-11-28", "covid19-ag", "final", 1]],
        },
    ),
    Attempt: (
        {"parcel_id": OTHER, "number": 1, "at": AT + timedelta(microseconds=7), "verdict": "accepted"},
        {"code": "http_201", "receipt": {"id": "1"}},
    ),
    Sides: (
        {"parcel_id": OTHER, "at": AT + timedelta(microseconds=7)},
        {"detail": "", "sent": "", "came": ""},
    ),
    Member: ({"person_id": OTHER, "profession": "titulaire", "is_active": True, "last_day": date(2027, 1, 31)}, NAMES),
    RegisterCheck: (
        {
            "state": "waiting",
            "subject_kind": "member",
            "subject_id": OTHER,
            "profession": "titulaire",
            "differs": "",
            "checked_at": None,
        },
        {**NAMES, "shown": "", "compared_at": AT.isoformat(), "compared_by": str(OTHER)},
    ),
    Program: (
        {"state": "active", "name": "LGO", "scopes": "tests:read", "vouched_by": OTHER},
        {"public_key": '{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'},
    ),
    ProgramToken: (
        {
            "program_id": OTHER,
            "token_hash": bytes(32),
            "jti_hash": bytes(32),
            "certificate": b"",
            "expires_at": AT,
        },
        {"scopes": "tests:read"},
    ),
    ProgramCall: (
        {"program_id": OTHER, "key_hash": bytes(32), "answered_at": AT},
        {"asked": "00" * 32, "answer": {"id": str(ROW)}},
    ),
    Webhook: (
        {"program_id": OTHER, "state": "active", "started_at": AT},
        {
            "address": "https://program.example/temoin",
            "secret": "whsec_AAAA",
            "former": "whsec_BBBB",
            "former_until": AT.isoformat(),
        },
    ),
    FileTerms: (
        {"version": 2},
        {
            "laboratories": [{"number": "05D1234567", "name": "Lab"}],
            "date_order": "dmy",
            "columns": {"ddn": "patient_dob"},
        },
    ),
    Hold: (
        {"patient_id": OTHER, "placed_at": AT, "lifted_at": None},
        {"reason": "Réquisition", "lifted": "", "review_on": "2027-05-28"},
    ),
    RightsCase: (
        {
            "patient_id": OTHER,
            "kind": "access",
            "state": "open",
            "received_on": date(2026, 11, 29),
            "due_on": date(2026, 12, 29),
            "answered_at": None,
        },
        {"asked": "Tout", "answer": "", "why_later": ""},
    ),
    Invitation: (
        {"state": "open", "profession": "adjoint", "code_hash": bytes(32), "expires_at": AT},
        {**NAMES, "email": "claire.martin@officine.example"},
    ),
}


@contextmanager
def in_golden_scope() -> Iterator[None]:
    """Be in the pharmacy of the golden values, with their key at hand: no database is asked."""
    token = tenant._current.set(tenant.PharmacyId(PHARMACY))
    ring._by_id[PHARMACY, KEY.id] = KEY
    ring._current[PHARMACY, now().strftime("%Y-%m")] = (float("inf"), KEY)
    try:
        yield
    finally:
        ring.forget_keys()
        tenant._current.reset(token)


def golden_path(model: type[SealedModel], version: int) -> Path:
    return FOLDER / f"{model._meta.db_table}.{version}.json"


def golden_row(model: type[SealedModel], version: int) -> tuple[SealedModel, dict[str, Any]]:
    """Return the row of a golden file, and what it held when it was written."""
    held = json.loads(golden_path(model, version).read_text(encoding="utf-8"))
    fields: dict[str, Any] = {field.name: field for field in model._meta.concrete_fields}
    columns = {name: None if text is None else fields[name].to_python(text) for name, text in held["columns"].items()}
    return model(pharmacy_id=PHARMACY, id=ROW, sealed=bytes.fromhex(held["sealed"]), **columns), held["opened"]


def _golden(model: type[SealedModel]) -> dict[str, Any]:
    columns, value = SAMPLES[model]
    row = model(pharmacy_id=PHARMACY, id=ROW, **columns)
    row.seal(value)
    told: dict[str, Any] = {field.name: field for field in model._meta.concrete_fields}
    texts = {name: None if columns[name] is None else told[name].value_to_string(row) for name in columns}
    opened = open_value(model, ROW, row.sealed, columns)
    return {"columns": texts, "opened": orjson.loads(orjson.dumps(opened)), "sealed": row.sealed.hex()}


def main() -> None:
    """Write what is missing."""
    FOLDER.mkdir(exist_ok=True)
    with in_golden_scope():
        for model in SAMPLES:
            path = golden_path(model, model.schema)
            if not path.exists():
                text = json.dumps(_golden(model), indent=1, ensure_ascii=False)
                path.write_text(text + "\n", encoding="utf-8")
                sys.stdout.write(f"written: {path}\n")


if __name__ == "__main__":
    main()
