"""A copy that does not name the person holds no trait of the person, in the bytes of any format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import hl7
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import PARIS, covid_positive, examples, reports

from temoin.formats import cda, fhir, hl7v2
from temoin.lib.clock import now
from temoin.testing.coarse import age_band, departement
from temoin.testing.report import Address, PatientForm, PatientIdentity, Report, ReportStatus, Sex
from temoin.transmission.rules.reduced import first_notice, reduced
from temoin_sandbox.hl7 import cut, faults_of
from temoin_sandbox.validate import validate

NUMBER = "00112233445566778899aabbccddeeff"
REPLACED = "11111111-2222-4333-8444-555555555555"
ROUTE = hl7v2.Route(application=("REGISTER",), facility=("AGENCY",), software="1")
# Every format that may carry a copy without the name: a new one joins here.
WRITERS: dict[str, Callable[[Report], bytes]] = {
    "fhir": fhir.document,
    "hl7v2": lambda report: hl7v2.report_message(report, ROUTE),
}
READERS: dict[str, Callable[[bytes], Report]] = {"fhir": fhir.read_document, "hl7v2": hl7v2.read_report}
LESS = [PatientForm.PSEUDONYMOUS, PatientForm.ANONYMOUS]


@st.composite
def traits(draw: st.DrawFn) -> PatientIdentity:
    """A patient whose every trait can be told from anything else in the message."""
    words = st.text("QXZJKWV", min_size=9, max_size=14)
    born = draw(st.dates(date(1930, 2, 2), date(2020, 12, 31)).filter(lambda day: day.day > 1 and day.month > 1))
    return PatientIdentity(
        patient_id=str(draw(st.uuids())),
        birth_family_name=draw(words),
        birth_given_names=f"{draw(words)} {draw(words)}",
        first_birth_given_name=draw(words),
        sex=draw(st.sampled_from(Sex)),
        birth_date=born,
        birth_place="51987",
        used_family_name=draw(words),
        used_given_name=draw(words),
        nir="279035198718989",
        phone="+33698765432",
        email=f"{draw(words)}@patient.example",
        address=Address(lines=(draw(words),), postcode="75987", city=draw(words)),
    )


def told_by(patient: PatientIdentity) -> list[str]:
    """Return every trait as text, each way a message could write it."""
    born = patient.birth_date
    return [
        *patient.birth_given_names.split(),
        *(patient.birth_family_name, patient.first_birth_given_name, patient.used_family_name),
        *(patient.used_given_name, patient.nir, patient.phone[3:], patient.email, patient.patient_id),
        *(*patient.address.lines, patient.address.city, patient.birth_place),
        *(f"{born:%Y-%m-%d}", f"{born:%Y%m%d}", f"{born:%d/%m/%Y}"),
    ]


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@examples(50)
@given(person=traits(), form=st.sampled_from(LESS), status=st.sampled_from(ReportStatus))
def test_no_trait_of_the_person_is_in_the_bytes(write, person, form, status):
    said = {"comment": f"Vu {person.birth_family_name}, {person.phone}", "reason": person.nir}
    named = covid_positive(patient=person, status=status, replaces_key=REPLACED, **said)

    told = write(reduced(named, form, {"sars-cov-2"}, NUMBER)).decode()

    forbidden = told_by(person) + ([person.address.postcode] if form is PatientForm.ANONYMOUS else [])
    assert [trait for trait in forbidden if trait in told] == []


@pytest.mark.parametrize("name", WRITERS)
@examples(50)
@given(report=reports(), form=st.sampled_from(LESS))
def test_a_reduced_copy_comes_back_equal(name, report, form):
    times = {each: getattr(report, each).replace(microsecond=0) for each in ("sampled_at", "read_at", "signed_at")}
    copy = reduced(replace(report, **times), form, {one.target for one in report.findings}, NUMBER)

    assert told_address(READERS[name](WRITERS[name](copy))) == told_address(copy)


def told_address(report: Report) -> Report:
    """The Report with one form of an address of which nothing is known, which a format leaves out in either form."""
    who = report.patient
    return report if who.address.is_known else replace(report, patient=replace(who, address=Address()))


@examples(50)
@given(reports(), st.sampled_from(PatientForm))
def test_the_findings_that_no_rule_wants_stay_behind(report, form):
    wanted = {report.findings[0].target}

    copy = reduced(report, form, wanted, NUMBER)

    assert copy.findings == tuple(one for one in report.findings if one.target in wanted)
    assert (copy.patient == report.patient) is (form is PatientForm.NAMED)


@pytest.mark.parametrize("form", LESS)
def test_the_authority_takes_a_copy_without_the_name(form):
    copy = reduced(covid_positive(), form, {"sars-cov-2"}, NUMBER)

    issues = validate(orjson.loads(WRITERS["fhir"](copy)), "", now())
    message = cut(WRITERS["hl7v2"](copy))

    assert [issue for issue in issues if issue.severity == "error"] == []
    assert message is not None
    assert faults_of(message) == []


def test_a_masked_patient_says_so_in_each_format():
    copy = reduced(covid_positive(), PatientForm.PSEUDONYMOUS, {"sars-cov-2"}, NUMBER)

    entries = orjson.loads(WRITERS["fhir"](copy))["entry"]
    patient = next(one["resource"] for one in entries if one["resource"]["resourceType"] == "Patient")
    message = hl7.parse(WRITERS["hl7v2"](copy).decode())

    assert patient["name"][0]["extension"][0]["valueCode"] == "masked"
    assert (patient["birthDate"], patient["identifier"][0]["value"]) == ("1979", NUMBER)
    assert str(message.segment("PID")[5]) == "~^^^^^^S"
    assert str(message.segment("PID")[7]) == "1979"


@pytest.mark.parametrize(("old", "new", "place"), [("pseudonymous", "secret", "ZTM-7"), ("|1979|", "|79|", "PID-7")])
def test_a_message_in_no_form_or_without_its_year_is_refused(old, new, place):
    message = WRITERS["hl7v2"](reduced(covid_positive(), PatientForm.PSEUDONYMOUS, {"sars-cov-2"}, NUMBER)).decode()
    assert old in message

    with pytest.raises(hl7v2.Hl7Error, match=place):
        hl7v2.read_report(message.replace(old, new).encode())


@pytest.mark.parametrize("form", LESS)
def test_a_cda_document_is_always_named(form):
    with pytest.raises(cda.CdaError, match="always named"):
        cda.document(reduced(covid_positive(), form, {"sars-cov-2"}))


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (date(2026, 11, 1), "0-9"),
        (date(1986, 11, 23), "40-49"),
        (date(1986, 11, 24), "30-39"),
        (date(1930, 1, 1), "90+"),
    ],
)
def test_an_age_is_told_by_its_ten_years(born, band):
    assert age_band(born, date(2026, 11, 23)) == band


@pytest.mark.parametrize(
    ("postcode", "country", "expected"),
    [
        ("75007", "FRA", "75"),
        ("20000", "FRA", "2A"),
        ("20200", "FRA", "2B"),
        ("97410", "FRA", "974"),
        ("98800", "FRA", "988"),
        ("", "FRA", ""),
        ("٧٥٠٠٧", "FRA", ""),
        ("97300", "GUF", "973"),
        ("97410", "REU", "974"),
        ("98800", "NCL", "988"),
        ("98000", "MCO", ""),
        ("10115", "DEU", ""),
    ],
)
def test_the_departement_follows_the_postcode_in_france(postcode, country, expected):
    assert departement(Address(postcode=postcode, country=country)) == expected


def test_abroad_the_state_is_kept():
    home = Address(lines=("1 Main St",), postcode="10001", city="New York", county="Kings", state="NY", country="USA")
    report = covid_positive(patient=replace(covid_positive().patient, address=home))

    assert reduced(report, PatientForm.ANONYMOUS, set()).patient.address == Address(state="NY", country="USA")


def test_a_correction_that_comes_first_amends_nothing():
    report = covid_positive(version=2, status=ReportStatus.CORRECTED, replaces_key="k", reason="wrong line")

    copy = first_notice(report)

    assert (copy.status, copy.replaces_key, copy.reason, copy.version) == (ReportStatus.FINAL, "", "", 2)
    assert copy.signed_at == datetime(2026, 11, 23, 17, 59, 12, tzinfo=PARIS)
