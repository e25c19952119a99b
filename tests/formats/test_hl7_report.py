"""The ORU^R01 of a Report: read back equal on every field, by us and by a parser that is not ours."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import hl7
import pytest
from cda_reader import read_document
from hl7_others import batch_file, read_envelope
from hypothesis import given
from hypothesis import strategies as st
from strategies import as_it_travels, covid_positive, examples, reports

from temoin.formats.cda import document as cda_document
from temoin.formats.hl7v2 import (
    CisisMailbox,
    Copies,
    Hl7Error,
    Route,
    Separators,
    document_message,
    read_messages,
    read_report,
    read_results,
    report_message,
)
from temoin.formats.hl7v2.separators import escaped
from temoin.lib.text import shortened
from temoin.testing.report import Address, Device, Finding, IdentityStatus, ReportStatus

GOLDEN = Path(__file__).parent / "golden" / "covid_positive.hl7"
ROUTE = Route(application=("REGISTER",), facility=("AGENCY", "1.2.3", "ISO"), software="0.1.0")
OTHER_ROUTE = replace(ROUTE, separators=Separators("#", "*", "!", "%", "@"))


class Independent:
    """One of our messages as python-hl7 reads it."""

    def __init__(self, message: bytes) -> None:
        self.message = hl7.parse(message.decode())

    def at(self, name: str, field: int, component: int = 1, *, segment: int = 1, repetition: int = 1) -> str:
        try:
            found = self.message.extract_field(name, segment, field, repetition, component, 1)
        except (IndexError, KeyError):
            return ""
        return found.replace("\r", "\n")  # what it makes of \.br\


def fits(text: str, most: int) -> str:
    """What a text of the report is in a part of that length, measured as the default separators write it."""
    return shortened(text, most, lambda part: len(escaped(part)))


@given(reports(), st.sampled_from([ROUTE, OTHER_ROUTE]))
def test_a_report_comes_back_equal(report, route):
    assert read_report(report_message(report, route)) == as_it_travels(report, decimals=4)


@pytest.mark.parametrize("number", ["C-2026-0815", "a|b^c~d\\e&f", "n° 7"])
def test_the_number_of_an_order_comes_back(number):
    report = covid_positive(order_number=number)

    assert read_report(report_message(report, ROUTE)) == as_it_travels(report, decimals=4)


def value_told(finding: Finding) -> list[str]:
    """OBX-2, three components of OBX-5 and two of OBX-6."""
    told = finding.quantity
    if told is None:
        return ["CWE", finding.snomed, finding.snomed_display, finding.outcome, "", ""]
    number = ["SN", told.comparator, told.value] if told.comparator else ["NM", told.value, ""]
    return [*number, "", told.unit, "UCUM"]


@given(reports())
def test_an_independent_parser_finds_the_result(report):
    read = Independent(report_message(report, ROUTE))

    status = {"final": "F", "corrected": "C", "cancelled": "X"}[report.status]
    assert (read.at("MSH", 10), read.at("OBR", 3), read.at("OBR", 25)) == (report.key, report.record_id, status)
    assert read.at("OBR", 4, 4), read.at("OBR", 4, 5) == (report.kind, fits(report.kind_display, 199))
    assert (read.at("SPM", 4), read.at("SPM", 4, 2)) == (report.specimen_snomed, fits(report.specimen_display, 199))
    for n, finding in enumerate(report.findings, start=1):
        got = [read.at("OBX", *place, segment=n) for place in ((3, 1), (3, 2), (3, 4), (3, 5))]
        assert got == [finding.loinc, finding.loinc_display, finding.target, fits(finding.display, 199)]
        value = [read.at("OBX", *place, segment=n) for place in ((2, 1), (5, 1), (5, 2), (5, 4), (6, 1), (6, 3))]
        assert value == value_told(finding)
        assert read.at("OBR", 31, repetition=n) == finding.icd10
        assert read.at("OBX", 11, segment=n) == status


@given(reports())
def test_an_independent_parser_finds_patient_signer_and_pharmacy(report):
    read, patient, signer, place = (
        Independent(report_message(report, ROUTE)),
        report.patient,
        report.signer,
        report.organisation,
    )

    assert [read.at("PID", 5, n) for n in (1, 2, 3)] == [
        *(fits(patient.birth_family_name, 50), fits(patient.first_birth_given_name, 30)),
        fits(patient.birth_given_names, 30),
    ]
    used = [read.at("PID", 5, n, repetition=2) for n in (1, 2)]
    assert used == [fits(patient.used_family_name, 50), fits(patient.used_given_name, 30)]
    assert read.at("PID", 7) == f"{patient.birth_date:%Y%m%d}"
    assert (read.at("PID", 8), read.at("PID", 32)) == (patient.sex, patient.identity_status)
    assert read.at("PID", 11, 9, repetition=2) == patient.birth_place
    home = [read.at("PID", 11, n) for n in (3, 4, 5, 9)]
    lives = patient.address
    assert home == [fits(lives.city, 50), fits(lives.state, 50), lives.postcode, fits(lives.county, 20)]
    for at, who in ((("ORC", 12), report.prescriber or signer), (("OBX", 16), signer)):
        assert [read.at(*at, n) for n in (2, 3)] == [fits(who.family_name, 50), fits(who.given_name, 30)]
    assert (read.at("ORC", 21), read.at("ORC", 21, 10)) == (fits(place.name, 50), f"1{place.finess}")
    assert read.at("ORC", 21, 10, repetition=2) == place.pharmacy_id


@given(reports())
def test_an_independent_parser_finds_kit_words_and_version(report):
    read, device = Independent(report_message(report, ROUTE)), report.device

    expiry = f"{device.expiry:%Y%m%d}" if device.expiry else ""
    assert [read.at("ZTM", 6, n) for n in range(1, 6)] == [
        *(device.manufacturer, device.reference, device.name, device.lot, expiry),
    ]
    assert read.at("OBX", 18) == device.udi
    notes = {read.at("NTE", 4, segment=n): read.at("NTE", 3, segment=n) for n in (1, 2)}
    assert (notes.get("RE", ""), notes.get("1R", "")) == (report.comment, report.reason)
    assert (read.at("ZTM", 1), read.at("ZTM", 2)) == (str(report.version), report.replaces_key)
    assert read.at("MSH", 11) == ("T" if report.is_demo else "P")


@pytest.mark.parametrize(
    ("udi", "agency"), [("(01)0", "2.51.1.1"), ("+A9", "1.0.15961.10.816"), ("=A", "2.16.840.1.113883.6.18.1.34")]
)
def test_the_agency_of_a_udi_is_told(udi, agency):
    device = replace(covid_positive().device, udi=udi)

    assert Independent(report_message(covid_positive(device=device), ROUTE)).at("OBX", 18, 3) == agency


def test_the_golden_message_is_the_one_the_documentation_shows():
    assert report_message(covid_positive(), ROUTE).decode().replace("\r", "\n") == GOLDEN.read_text(encoding="utf-8")


def test_the_same_report_makes_the_same_bytes():
    assert report_message(covid_positive(), ROUTE) == report_message(covid_positive(), ROUTE)


def test_a_patient_of_whom_little_is_known():
    report = covid_positive()
    little = replace(report.patient, used_family_name="", used_given_name="", phone="", email="", birth_place="")
    bare = replace(
        report,
        patient=replace(little, nir="", address=Address(country="", county="Marne")),
        signer=replace(report.signer, rpps=""),
        device=Device(manufacturer="", reference="", name=""),
    )

    assert read_report(report_message(bare, ROUTE)) == bare


def test_the_matricule_of_a_demonstration_has_its_own_name_space():
    message = report_message(covid_positive(is_demo=True), ROUTE)

    assert b"1.2.250.1.213.1.4.11" in message
    assert b"1.2.250.1.213.1.4.8" not in message


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (b"|F||||||U07.1", b"|W||||||U07.1", "OBR-25"),
        (b"|F|||28 avenue", b"|H|||28 avenue", "PID-8"),
        (b"||QUAL", b"||SURE", "PID-32"),
        (b"||19790328|", b"|||", "PID-7"),
        (b"||19790328|", b"||19791328|", "PID-7"),
        (b"|||20261123174100+0100|||||||||8", b"|||20261123174100|||||||||8", "OBR-7"),
        (b"\rZTM|1|", b"\rZTM|one|", "ZTM-1"),
        (b"\rZTM|1|", b"\rZTM||", "ZTM-1"),
        (b"\rZTM|", b"\rZTX|", "ZTM"),
        (b"\rOBX|", b"\rOBY|", "OBX"),
        (b"LN^covid19-ag^", b"LN^^", "OBR-4"),
    ],
)
def test_a_message_that_is_not_ours_is_refused_by_its_place(old, new, place):
    message = report_message(covid_positive(), ROUTE)
    assert old in message

    with pytest.raises(Hl7Error, match=place):
        read_report(message.replace(old, new))


@examples(20)
@given(reports())
def test_others_read_our_message_as_results(report):
    (message,) = read_messages(report_message(report, ROUTE))
    results = read_results(message)

    (order,) = results.orders
    assert (results.control_id, order.number) == (report.key, report.record_id)
    read = [each.value.code for each in order.observations if not each.is_answer]
    assert read == [value_told(each)[1] for each in report.findings]
    assert len([each for each in order.observations if each.is_answer]) == len(report.answers)


@pytest.mark.parametrize("route", [ROUTE, OTHER_ROUTE])
def test_a_batch_holds_its_messages_and_counts_them(route):
    keys = ["first", "second", "third"]
    messages = [report_message(covid_positive(key=key), route) for key in keys]

    read = read_messages(batch_file(messages, route, identifier="7", at=datetime(2026, 11, 24, tzinfo=UTC)))

    assert [each.header.text(10) for each in read] == keys


def test_an_independent_parser_reads_the_batch():
    messages = [report_message(covid_positive(), ROUTE)] * 2
    data = batch_file(messages, ROUTE, identifier="7", at=datetime(2026, 11, 24, tzinfo=UTC))

    file = hl7.parse_file(data.decode())

    assert str(file.trailer[1]) == "1"
    assert [str(batch.trailer[1]) for batch in file] == ["2"]
    assert [len(batch) for batch in file] == [2]


@given(st.binary(min_size=1), st.sampled_from(ReportStatus), st.sampled_from([ROUTE, OTHER_ROUTE]))
def test_a_document_travels_in_the_french_envelope_untouched(document, status, route):
    report = covid_positive(status=status)

    envelope = read_envelope(document_message(report, document, route, Copies()))

    assert (envelope.key, envelope.status, envelope.document) == (report.key, status, document)


@given(reports(sources=("counter",)), st.sampled_from([ROUTE, OTHER_ROUTE]))
def test_an_independent_parser_finds_the_cda_document_of_the_envelope(report, route):
    read = Independent(document_message(report, cda_document(report), route, Copies()))

    found = read_document(b64decode(read.at("OBX", 5, 5)))
    assert (found.key, found.record_id, found.version) == (report.key, report.record_id, report.version)
    assert (read.at("MSH", 10), read.at("OBR", 3)) == (report.key, report.record_id)


@pytest.mark.parametrize(
    ("status", "order", "observation"),
    [(ReportStatus.FINAL, "NW", "F"), (ReportStatus.CORRECTED, "RO", "C"), (ReportStatus.CANCELLED, "CA", "D")],
)
def test_the_envelope_tells_first_replacement_and_deletion(status, order, observation):
    read = Independent(document_message(covid_positive(status=status), b"<x/>", ROUTE, Copies()))

    assert (read.at("MSH", 12), read.at("MSH", 21, 2)) == ("2.5", "CISIS_CDA_HL7_V2")
    assert (read.at("ORC", 1), read.at("OBX", 11)) == (order, observation)
    assert b64decode(read.at("OBX", 5, 5)) == b"<x/>"


def test_the_envelope_names_who_shall_get_the_document():
    doctor = CisisMailbox(national_id="810000000001", family_name="A", given_name="B", address="a.b@medecin.mssante.fr")
    copies = Copies(record=True, patient=True, professionals=(doctor,))

    read = Independent(document_message(covid_positive(), b"<x/>", ROUTE, copies))

    flags = {read.at("OBX", 3, segment=n): read.at("OBX", 5, segment=n) for n in range(2, 12)}
    assert {name for name, said in flags.items() if said == "Y"} == {"DESTDMP", "DESTMSSANTEPS", "DESTMSSANTEPAT"}
    boxes = [read.at("PRT", 15, 4, segment=n) for n in (2, 3)]
    assert boxes == ["a.b@medecin.mssante.fr", "279035121518989@patient.mssante.fr"]


@pytest.mark.parametrize("copies", [Copies(record=True), Copies(patient=True)])
def test_nothing_goes_to_the_national_record_without_a_qualified_identity(copies):
    report = covid_positive()
    report = replace(report, patient=replace(report.patient, identity_status=IdentityStatus.VALIDATED))

    with pytest.raises(Hl7Error, match="PID-3"):
        document_message(report, b"<x/>", ROUTE, copies)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (b"|ED|", b"|TX|", "OBX: no document"),
        (b"PHgvPg==||||||F", b"PHgvPg==||||||W", "OBX-11"),
        (b"PHgvPg==", b"PHg*Pg==", "OBX-5"),
        (b"PHgvPg==", b"", "OBX-5"),
    ],
)
def test_an_envelope_that_is_not_ours_is_refused_by_its_place(old, new, place):
    message = document_message(covid_positive(), b"<x/>", ROUTE, Copies())
    assert old in message

    with pytest.raises(Hl7Error, match=place):
        read_envelope(message.replace(old, new))
