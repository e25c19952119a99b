"""The copy of all that is held on a patient: made when it is asked for, in memory, and never stored."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from temoin.delivery.models import Letter
from temoin.formats.fhir.document import document
from temoin.formats.pdf.page import report_pdf
from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.journal.unreadable import each_opened
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import tenant_scope
from temoin.outbox.models import Parcel
from temoin.oversight.looks import looks_at
from temoin.patients.models import Consent, Patient
from temoin.patients.queries import records_of_person
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.retention.case_states import CaseKind
from temoin.retention.cases import case_in_scope
from temoin.retention.models import RightsCase
from temoin.testing.models import Record, RecordVersion

Files = Iterator[tuple[str, bytes]]


def copy_of_patient(*, by: Seat, case_id: UUID) -> bytes:
    """Return the copy that a case of access asks for, as a ZIP file; making it is an event.

    Identity and contact as they are written here, each signed version as FHIR document and as PDF, what was sent where,
    cases, and who looked, with the proofs that outsiders can check.
    """
    check_right(by=by, right=Right.ANSWER_CASE)
    with tenant_scope(by.pharmacy_id):
        case = case_in_scope(case_id)
        if case.kind is not CaseKind.ACCESS:
            raise ConflictError("only a case of access has a copy")
        record_look(by=by, kind=EventKind.COPY_MADE, subject_kind="patient", subject_id=case.patient_id)
        patients = records_of_person(case.patient_id)
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as copy:
            for name, data in (*files_of_person(patients), *files_of_results(patients), *_of_looks(by, patients)):
                copy.writestr(name, data)
    return content.getvalue()


def files_of_person(patients: list[UUID]) -> Files:
    """Give identity, contact, consents and requests of a person, of whom these are all records."""
    found = Patient.objects.filter(id__in=patients).order_by("created_at", "id")
    records = [{"record": str(one), **traits} for one, traits in each_opened(found, lambda row: (row.id, row.unseal()))]
    yield "identity.json", _json(records)
    consents = Consent.objects.filter(patient_id__in=patients).order_by("given_at")
    yield "consents.json", _json(list(consents.values("id", "notice_version", "given_at")))
    cases = RightsCase.objects.filter(patient_id__in=patients).order_by("received_on", "id")
    yield (
        "cases.json",
        _json(each_opened(cases, lambda case: {"kind": case.kind, "state": case.state, **case.unseal()})),
    )


def files_of_results(patients: list[UUID]) -> Files:
    """Give the tests of a person: each signed version as FHIR document and as PDF, what was sent where, letters."""
    records = Record.objects.filter(patient_id__in=patients).order_by("registered_at", "id")
    opened = each_opened(records, lambda row: {"test": row.id, "state": row.state, **row.unseal()})
    yield "tests.json", _json(opened)
    tests = [one["test"] for one in opened]
    versions = RecordVersion.objects.filter(record_id__in=tests).order_by("signed_at", "number")
    for record_id, number, report in each_opened(versions, lambda row: (row.record_id, row.number, row.report)):
        yield f"results/{record_id}-{number}.fhir.json", document(report)
        yield f"results/{record_id}-{number}.pdf", report_pdf(report)
    yield "sendings.json", _json(list(_sendings(tests)))
    letters = Letter.objects.filter(record_id__in=tests).order_by("record_id", "version")
    yield "letters.json", _json(list(letters.values("record_id", "version", "state", "opened_count", "expires_at")))


def _sendings(tests: list[UUID]) -> Iterator[dict[str, Any]]:
    parcels = Parcel.objects.filter(chain_id__in=tests).order_by("posted_at", "id")
    yield from parcels.values("chain_id", "sequence", "destination", "state", "posted_at", "settled_at")


def _of_looks(by: Seat, patients: list[UUID]) -> Files:
    records = list(Record.objects.filter(patient_id__in=patients).values_list("id", flat=True))
    looks = looks_at(by, patients, records)
    told = [
        {
            "at": look.event.at,
            "what": look.event.kind,
            "as": look.event.profession,  # what staff are told of each other is not handed on: a profession, no name
            "by": str(look.event.actor_id)[:8] if look.event.actor_id else "",
            "object": look.event.subject_id,
        }
        for look in looks.looks
    ]
    yield "looks.json", _json(told)
    yield "looks-proofs.json", _json(looks.as_json())


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
