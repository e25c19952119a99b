"""Every field of a Report in every format: written, where the value is seen in the bytes, or no place for it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from pypdf import PdfReader
from strategies import PARIS, covid_positive
from test_mssante_message import TO_DOCTOR
from xdm_sending import SENDING

import temoin.formats
from temoin.delivery.content import letter_content
from temoin.formats import cda, fhir, hl7v2, mssante, pdf, xdm
from temoin.formats.csv.report_file import report_file
from temoin.formats.hcert.own_writing import own_content
from temoin.testing.fields import FIELDS, names_of
from temoin.testing.report import (
    Address,
    Conduct,
    Doctor,
    GivenAnswer,
    IdentityStatus,
    PerformingLaboratory,
    Prescriber,
    Report,
    ReportStatus,
    Sex,
)

ANSWER = GivenAnswer(
    question="symptoms",
    display="Symptômes",
    loinc="95419-8",
    loinc_display="Whether",
    value="yes",
    value_display="oui",
    value_system="yes-no",
    value_code="Y",
)
MOMENT = datetime(2026, 11, 23, 17, 42, tzinfo=PARIS)


def pages(data: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def parts(data: bytes) -> str:
    mail = message_from_bytes(data, policy=policy.default)
    texts = [" ".join(f"{name}: {value}" for name, value in mail.items())]
    for part in mail.walk():
        content = None if part.is_multipart() else part.get_content()
        texts += [pages(content) if part.get_content_type() == "application/pdf" else str(content)] if content else []
    return " ".join(texts)


def entries(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return " ".join(package.read(name).decode(errors="replace") for name in package.namelist())


# What each writes, as text. A format that is a folder is here by its name; the letter is the patient's.
WRITERS: dict[str, Callable[[Report], str]] = {
    "cda": lambda report: cda.document(report).decode(),
    "csv": lambda report: report_file(report).decode(),
    "fhir": lambda report: fhir.document(report).decode(),
    "hcert": lambda report: orjson.dumps(own_content(report)).decode(),
    "hl7v2": lambda report: hl7v2.report_message(report, hl7v2.Route()).decode(),
    "mssante": lambda report: parts(mssante.secure_message(report, TO_DOCTOR)),
    "pdf": lambda report: pages(pdf.report_pdf(report)),
    "xdm": lambda report: entries(xdm.package(report, SENDING)),
    "letter": lambda report: orjson.dumps(letter_content(report)).decode(),
}


def full() -> Report:
    """A Report whose every field says something."""
    report = covid_positive(
        status=ReportStatus.CORRECTED, version=2, replaces_key="11111111-2222-4333-8444-555555555555"
    )
    home = Address(lines=("28 avenue",), postcode="75007", city="PARIS", county="Seine", state="IDF")
    return replace(
        report,
        patient=replace(report.patient, address=home),
        organisation=replace(report.organisation, address=replace(home, postcode="75001")),
        reason="Relecture",
        comment="Bande nette",
        doctor=Doctor(family_name="MEDECIN", given_name="Anne", rpps="10003879631", mailbox="a@x.mssante.fr"),
        prescriber=Prescriber(family_name="PRESCRIPTEUR", number="7", phone="+33140000001", address=home),
        laboratory=PerformingLaboratory(name="LABORATOIRE", number="05D1234567", phone="+33140000002", address=home),
        consent_notice="2026-11",
        started_at=MOMENT,
        answers=(ANSWER,),
        conduct=Conduct(
            outcome="antibiotic", display="Délivrer", reason="Positif", source="arrêté", medicine="A", dose="1 g"
        ),
    )


@pytest.mark.parametrize("name", WRITERS)
def test_a_person_with_one_name_only_is_written_and_no_given_name_made_up(name):
    names = ("birth_given_names", "first_birth_given_name", "used_family_name", "used_given_name")
    patient = replace(full().patient, **dict.fromkeys(names, ""))

    written = WRITERS[name](replace(full(), patient=patient))

    assert "PAT-TROIS" in written
    assert not re.search(r"DOMINIQUE|None|PAT-TROIS +$", written, re.MULTILINE)


# Another value of each field, and what of it is looked for in what is written: "" for a value that is written as a
# code or a word of the format's own, and is seen by the difference only.
OTHER: dict[str, tuple[Any, str]] = {
    **{
        name: (f"Zq{number}x", f"zq{number}x")
        for number, name in enumerate(
            [
                "kind_display",
                "chapter_display",
                "specimen_display",
                "reason",
                "comment",
                "consent_notice",
                "patient.birth_family_name",
                "patient.birth_given_names",
                "patient.first_birth_given_name",
                "patient.used_family_name",
                "patient.used_given_name",
                "patient.address.city",
                "patient.address.county",
                "patient.address.state",
                "signer.family_name",
                "signer.given_name",
                "signer.profession_display",
                "organisation.name",
                "organisation.address.city",
                "organisation.address.county",
                "organisation.address.state",
                "device.manufacturer",
                "device.reference",
                "device.name",
                "device.lot",
                "findings.display",
                "findings.loinc_display",
                "findings.snomed_display",
                "answers.display",
                "answers.loinc_display",
                "answers.value_display",
                "conduct.display",
                "conduct.reason",
                "conduct.source",
                "conduct.medicine",
                "conduct.dose",
                "doctor.family_name",
                "doctor.given_name",
                "prescriber.family_name",
                "prescriber.given_name",
                "prescriber.number",
                "order_number",
                "prescriber.address.city",
                "prescriber.address.county",
                "prescriber.address.state",
                "laboratory.name",
                "laboratory.address.city",
                "laboratory.address.county",
                "laboratory.address.state",
            ],
            start=10,
        )
    },
    **{
        name: (f"{number:08}-0000-4000-8000-000000000000", f"{number:08}0000")
        for number, name in enumerate(
            ["record_id", "key", "replaces_key", "patient.patient_id", "signer.member_id", "organisation.pharmacy_id"],
            start=98765000,
        )
    },
    "version": (7, "7"),
    "status": (ReportStatus.CANCELLED, ""),
    "kind": ("covid19-flu-rsv-ag", ""),
    "chapter_loinc": ("18719-5", "187195"),
    "specimen_snomed": ("258529004", "258529004"),
    **dict.fromkeys(("sampled_at", "started_at", "read_at"), (MOMENT - timedelta(minutes=21), "")),
    "signed_at": (MOMENT + timedelta(hours=1), ""),
    "typed_times": (("sampled_at", "started_at", "read_at"), ""),
    "patient.sex": (Sex.MALE, ""),
    "patient.birth_date": (date(1981, 5, 17), ""),
    "patient.birth_place": ("99139", "99139"),
    "patient.nir": ("279035121518999", "2790351215189"),
    "patient.identity_status": (IdentityStatus.VALIDATED, ""),
    "patient.phone": ("+33698765432", "98765432"),
    "organisation.phone": ("+33498765499", "98765499"),
    "patient.email": ("zq@patient.example", "zqpatientexample"),
    "patient.address.lines": (("98 Zqrue",), "98zqrue"),
    "organisation.address.lines": (("99 Zqvoie",), "99zqvoie"),
    "patient.address.postcode": ("59876", "59876"),
    "organisation.address.postcode": ("59871", "59871"),
    **{f"{whose}.address.country": ("BEL", "") for whose in ("patient", "organisation", "prescriber", "laboratory")},
    "signer.rpps": ("10003879649", "10003879649"),
    "signer.profession": ("G15_60", "g1560"),
    "organisation.finess": ("750000018", "750000018"),
    "device.udi": ("(01)00686597200018(17)270930(10)ZQ98765", "zq98765"),
    "device.expiry": (date(2028, 1, 31), ""),
    "findings.target": ("flu-a", ""),
    "findings.loinc": ("94500-6", "945006"),
    "findings.icd10": ("J10.1", "j101"),
    "findings.outcome": ("negative", ""),
    "findings.snomed": ("260385009", "260385009"),
    "answers.question": ("zq-contact", "zqcontact"),
    "answers.loinc": ("65222-2", "652222"),
    "answers.value": ("zq-unknown", "zqunknown"),
    "answers.value_system": ("snomed", ""),
    "answers.value_code": ("77386006", "77386006"),
    "conduct.outcome": ("zq-refer", "zqrefer"),
    "doctor.rpps": ("10003879656", "10003879656"),
    "prescriber.is_rpps": (True, ""),
    "prescriber.phone": ("+33498765498", "98765498"),
    "prescriber.address.lines": (("97 Zqallee",), "97zqallee"),
    "prescriber.address.postcode": ("59872", "59872"),
    "laboratory.number": ("09D7654321", "09d7654321"),
    "laboratory.phone": ("+33498765497", "98765497"),
    "laboratory.address.lines": (("96 Zqimpasse",), "96zqimpasse"),
    "laboratory.address.postcode": ("59873", "59873"),
    "doctor.mailbox": ("zq@x.mssante.fr", "zqxmssantefr"),
    "source": ("csv", ""),
    "is_demo": (True, ""),
}
# A named Report is in the named form, and nobody's age stands in the place of the birth date.
OF_A_COPY = {"patient.form", "patient.age_band"}
# What is measured stands instead of what is told by code: it has tests of its own.
OF_A_MEASURE = {"findings.quantity.value", "findings.quantity.unit", "findings.quantity.comparator"}


_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def plain(text: str) -> str:
    return re.sub(r"[^0-9a-zà]", "", text.casefold())


def changed(report: Any, name: str, value: Any) -> Any:
    """The Report with another value of a field, whatever it stands in."""
    first, _, rest = name.partition(".")
    if not rest:
        return replace(report, **{first: value})
    inner = getattr(report, first)
    other = (
        tuple(changed(one, rest, value) for one in inner) if isinstance(inner, tuple) else changed(inner, rest, value)
    )
    return replace(report, **{first: other})


# A field with its codes is one thing in BIO-TROD: one of them alone, changed, is refused.
CODES = {f"findings.{name}" for name in ("target", "outcome", "snomed", "loinc", "icd10")}
REFUSED = {"cda": CODES, "xdm": CODES, "mssante": CODES, "letter": {"findings.target"}}
CLOCK = {"started_at", "typed_times"}  # of the reading: for the pharmacy and on paper
OF_OTHERS = {
    *(f"prescriber.{name}" for name in ("family_name", "given_name", "number", "is_rpps", "phone")),
    *(f"laboratory.{name}" for name in ("name", "number", "phone")),
}
PLACES = {
    f"{whose}.address.{name}"
    for whose in ("prescriber", "laboratory")
    for name in ("lines", "postcode", "city", "county", "state", "country")
}
ANSWERED = {
    f"answers.{name}"
    for name in (
        "question",
        "display",
        "loinc",
        "loinc_display",
        "value",
        "value_display",
        "value_system",
        "value_code",
    )
}
# A document for people says what was asked and answered in words.
ANSWER_CODES = ANSWERED - {"answers.display", "answers.value_display"}
# A file has our codes of both, which the catalogue explains.
ANSWER_WORDS = ANSWERED - {"answers.question", "answers.value"}
# What was delivered is for the patient, the doctor and the patient's own file, and no authority's.
CONDUCT = {f"conduct.{name}" for name in ("outcome", "display", "reason", "source", "medicine", "dose")}
DOCTOR = {f"doctor.{name}" for name in ("family_name", "given_name", "rpps", "mailbox")}
ADDRESS = {f"organisation.address.{name}" for name in ("county", "state", "country")}
REACHED = {
    *("patient.phone", "patient.email", "patient.birth_place", "patient.nir", "patient.identity_status"),
    *("patient.first_birth_given_name", "patient.patient_id"),
    *(f"patient.address.{name}" for name in ("lines", "city", "postcode", "county", "state", "country")),
}
NUMBERS = {
    *("record_id", "replaces_key", "source", "consent_notice", "chapter_loinc", "chapter_display", "specimen_snomed"),
    *("signer.member_id", "signer.profession", "organisation.pharmacy_id"),
    *(f"findings.{name}" for name in ("loinc", "loinc_display", "icd10", "snomed")),
}
CERTIFIED = {
    *("patient.birth_family_name", "patient.birth_given_names", "patient.birth_date", "is_demo"),
    *(
        "kind",
        "findings.target",
        "findings.outcome",
        "sampled_at",
        "signed_at",
        "organisation.name",
        "organisation.finess",
    ),
}
ORDER = {"order_number"}  # of use to whoever ordered by message, who gets FHIR or HL7 v2
BIO_TROD = {"source", "signer.member_id", "findings.loinc_display"}
NO_PLACE: dict[str, set[str]] = {
    **dict.fromkeys(("fhir", "hl7v2"), CLOCK | DOCTOR | CONDUCT),
    "csv": ORDER | CLOCK | DOCTOR | CONDUCT | ANSWER_WORDS,
    # BIO-TROD has one section, of results: no place for what was asked.
    **dict.fromkeys(("cda", "xdm"), ORDER | BIO_TROD | CLOCK | ANSWERED | {"conduct.outcome"}),
    "hcert": set(OTHER) - CERTIFIED,  # whoever is shown a certificate learns no more than that
    "mssante": ORDER | BIO_TROD | ANSWER_CODES | {"conduct.outcome"},  # with the page beside the document
    "pdf": {
        *ORDER,
        *(*ANSWER_CODES, "conduct.outcome"),
        *("prescriber.phone", *(PLACES - {f"laboratory.address.{name}" for name in ("lines", "postcode", "city")})),
        *DOCTOR,
        *(*ADDRESS, *REACHED, *NUMBERS, "kind", "findings.target", "findings.outcome"),
    },
    "letter": {
        *ORDER,
        *(*ANSWERED, *CONDUCT),  # the patient answered, and has the attestation on paper
        *(*OF_OTHERS, *PLACES),  # a result of a file has no letter
        *(*CLOCK, *DOCTOR, *ADDRESS, *REACHED, *NUMBERS),
        *("key", "kind_display", "specimen_display", "read_at", "patient.sex", "device.udi"),
        *("patient.birth_family_name", "patient.birth_given_names"),  # the used name is told
        *("signer.rpps", "signer.profession_display", "organisation.finess"),
        *("findings.display", "findings.snomed_display"),
    },
}


def seen_as(value: Any, seen: str) -> list[str]:
    """Return the ways in which a value may stand in what is written: a UUID also as the number of an OID."""
    return [seen, str(UUID(value).int)] if isinstance(value, str) and _UUID.fullmatch(value) else [seen]


def all_changed(names: Iterable[str]) -> Report:
    report = full()
    for name in names:
        report = changed(report, name, OTHER[name][0])
    return report


def decided(format_: str, name: str) -> str:
    if name in REFUSED.get(format_, ()):
        return "refused"
    return "no place" if name in NO_PLACE[format_] else "written"


ONLY_READ = {"xlsx", "handed"}  # a workbook, or another's message, brings results and carries none away


def test_each_format_and_each_field_is_here():
    folders = {each.parent.name for each in Path(temoin.formats.__file__).parent.glob("*/__init__.py")}

    assert set(NO_PLACE) == set(WRITERS) == folders - ONLY_READ | {"letter"}
    assert set(names_of(Report)) == set(FIELDS) == set(OTHER) | OF_A_COPY | OF_A_MEASURE


@pytest.mark.parametrize("format_", WRITERS)
def test_what_has_no_place_changes_nothing_of_what_is_written(format_: str):
    write = WRITERS[format_]

    assert plain(write(all_changed(NO_PLACE[format_]))) == plain(write(full()))


@pytest.mark.parametrize("format_", WRITERS)
def test_what_is_written_is_seen_in_what_is_written(format_: str):
    names = [name for name, (_, seen) in OTHER.items() if seen and decided(format_, name) == "written"]

    page = plain(WRITERS[format_](all_changed(names)))

    assert [name for name in names if not any(one in page for one in seen_as(*OTHER[name]))] == []


@pytest.mark.parametrize("format_", WRITERS)
def test_what_is_written_as_a_code_or_a_date_changes_what_is_written(format_: str):
    names = [name for name, (_, seen) in OTHER.items() if not seen and decided(format_, name) == "written"]
    write = WRITERS[format_]
    before = plain(write(full()))

    assert [name for name in names if plain(write(all_changed([name]))) == before] == []


@pytest.mark.parametrize(("format_", "name"), [(one, name) for one, names in REFUSED.items() for name in sorted(names)])
def test_what_is_refused_is_written_by_nobody(format_: str, name: str):
    with pytest.raises((cda.CdaError, KeyError)):
        WRITERS[format_](all_changed([name]))
