"""The whole file of a pharmacy, in open forms, for one that leaves: made as it is read, sealed by whoever writes it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from temoin.catalogue.models import Lot
from temoin.journal.act import act, record_look
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import now
from temoin.lib.errors import NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.oversight.copies import Files, files_of_person, files_of_results
from temoin.patients.models import Patient
from temoin.patients.queries import records_of_person
from temoin.pharmacies.models import Member, Pharmacy
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat

PORTION = 5_000  # events in memory at once
README = """\
Témoin : dossier complet d’une officine / the whole file of a pharmacy

pharmacy.json, team.json, lots.json      l’officine, l’équipe, les lots / the pharmacy, its team, its lots
patients/<id>/identity.json              identité et coordonnées / identity and contact
patients/<id>/results/<test>-<n>.*       chaque version signée : FHIR R4 (document) et PDF / each signed version
patients/<id>/*.json                     consentements, tests, envois, lettres, demandes / consents, tests, sendings, letters, requests
journal/<n>.jsonl                        le journal de l’officine, un événement par ligne / the journal, an event a line
end.json                                 combien de patients et d’événements : sans ce fichier, l’archive est coupée / how many; without it the archive was cut
"""  # noqa: E501 a table for a person


def begin_file(*, by: Seat, file_id: UUID, recipient_digest: str) -> list[UUID]:
    """Return whom the file will hold, after the event that says who takes it, and to which key it is sealed."""
    check_right(by=by, right=Right.TAKE_FILE)
    kind = EventKind.FILE_BEGUN
    with act(by=by, kind=kind, subject_kind="file", subject_id=file_id) as commit:
        commit.digest = recipient_digest
        return list(Patient.objects.filter(merged_into=None).order_by("id").values_list("id", flat=True))


def note_file(*, by: Seat, file_id: UUID, digest: str, persons: int) -> None:
    """Record which file was written: its SHA-256, and how many patients it holds."""
    check_right(by=by, right=Right.TAKE_FILE)
    kind = EventKind.FILE_SEALED
    with act(by=by, kind=kind, subject_kind="file", subject_id=file_id, detail=str(persons)) as commit:
        commit.digest = digest


@dataclass
class WholeFile:
    """The file as a stream, and how many patients were written to it so far."""

    content: Iterator[bytes] = field(default_factory=lambda: iter(()))
    persons: int = 0


def whole_file(*, by: Seat, patients: list[UUID]) -> WholeFile:
    """Return the file as a tar stream, made as it is read, one patient at a time; each is a look, with its event."""
    check_right(by=by, right=Right.TAKE_FILE)
    file = WholeFile()
    file.content = _tar(_files(by, patients, file))
    return file


def _files(by: Seat, patients: list[UUID], file: WholeFile) -> Files:
    yield "README.txt", README.encode()
    yield from _of_house(by)
    for patient_id in patients:
        found = _of_patient(by, patient_id)
        file.persons += bool(found)
        yield from found
    events = 0
    for number, portion in enumerate(_journal(by), start=1):
        events += len(portion)
        yield f"journal/{number:06}.jsonl", b"".join(orjson.dumps(event, default=str) + b"\n" for event in portion)
    yield "end.json", _json({"patients": file.persons, "events": events})


def _of_house(by: Seat) -> Files:
    yield "pharmacy.json", _json(_clear(Pharmacy.objects.get(id=by.pharmacy_id)))
    with tenant_scope(by.pharmacy_id):
        team = each_opened(Member.objects.order_by("id"), lambda one: {"id": one.id, **_clear(one), **one.unseal()})
        lots = [_clear(lot) for lot in Lot.objects.order_by("id")]
    yield "team.json", _json(team)
    yield "lots.json", _json(lots)


def _of_patient(by: Seat, patient_id: UUID) -> list[tuple[str, bytes]]:
    """Return what is held of a person; nothing of one who was erased or merged away meanwhile."""
    with suppress(NotFoundError), tenant_scope(by.pharmacy_id):
        records = records_of_person(patient_id)
        record_look(by=by, kind=EventKind.COPY_MADE, subject_kind="patient", subject_id=records[0], detail="file")
        found = (*files_of_person(records), *files_of_results(records))
        return [(f"patients/{patient_id}/{name}", content) for name, content in found]
    return []


def _journal(by: Seat) -> Iterator[list[dict[str, Any]]]:
    after = UUID(int=0)
    columns = [name for name in Event.declares if name != "pharmacy_id"]
    while True:
        with tenant_scope(by.pharmacy_id):
            portion = list(Event.objects.filter(id__gt=after).order_by("id").values("id", *columns)[:PORTION])
        if not portion:
            return
        yield portion
        after = portion[-1]["id"]


def _clear(row: Any) -> dict[str, Any]:
    """Return the columns of a row that stand in clear."""
    return {name: getattr(row, name) for name in row.declares if name != "sealed"}


def _tar(files: Files) -> Iterator[bytes]:
    held = io.BytesIO()
    moment = int(now().timestamp())
    with tarfile.open(mode="w|", fileobj=held, format=tarfile.PAX_FORMAT) as archive:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(content), moment, 0o600
            archive.addfile(member, io.BytesIO(content))
            yield _taken(held)
    yield _taken(held)


def _taken(held: io.BytesIO) -> bytes:
    """Return what was written so far, and forget it."""
    content = held.getvalue()
    held.seek(0)
    held.truncate()
    return content


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
