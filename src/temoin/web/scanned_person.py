"""A person whom a document names: as the patient's form would have been typed, and looked for."""

from __future__ import annotations

from temoin.lib.errors import InvalidError
from temoin.patients.queries import Found, patients_by_name, patients_by_nir
from temoin.pharmacies.seat import Seat
from temoin.scanning.scan import Scan, ScanKind, ScannedPerson
from temoin.web.scan_field import open_questions

NAMES_SOMEBODY = frozenset({ScanKind.DOCUMENT, ScanKind.INS, ScanKind.NIR})


def scanned_values(scan: Scan) -> dict[str, str]:
    """Return what the document tells by the fields of the patient's form; what it leaves out is not among them."""
    person = scan.person
    if person is None:
        return {"nir": scan.number}
    told = {
        "birth_family_name": person.family_name,
        "birth_given_names": person.given_names,
        "birth_date": _written_day(person),
        "sex": person.sex,
        "birth_place": person.birth_place,
        "nir": person.nir,
    }
    one_name = {} if person.given_names else {"single_name": "yes"}
    return {name: value for name, value in told.items() if value} | one_name


def find_scanned(seat: Seat, scan: Scan) -> list[Found]:
    """Return who may be the person of a document: by the NIR, else by name and birth date, in either century."""
    nir, person = scanned_values(scan).get("nir", ""), scan.person
    by_nir = patients_by_nir(by=seat, nir=nir) if nir else []
    if by_nir or person is None:
        return by_nir
    if not person.birth_dates:
        raise InvalidError(open_questions(scan))
    found = [
        each
        for day in person.birth_dates
        for each in patients_by_name(by=seat, family_name=person.family_name, birth_date=day)
    ]
    return list({patient_id: (patient_id, traits) for patient_id, traits in found}.values())


def _written_day(person: ScannedPerson) -> str:
    """Return the birth date as it is typed: with two digits of the year where the century is open."""
    if not person.birth_dates:
        return ""
    return person.birth_dates[0].strftime("%d/%m/%Y" if len(person.birth_dates) == 1 else "%d/%m/%y")
