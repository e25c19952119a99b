"""The way back: a document of ours gives the Report again, anything else a refusal that quotes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from cda_reader import read_document
from cda_reports import FORMER_KEY, of_kind, readings_of
from cda_rules import NAMESPACES, broken_rules
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from strategies import addressed_reports, as_it_travels, covid_positive

from temoin.catalogue.kinds import Kind, counter_kinds
from temoin.formats.cda import CdaError, document
from temoin.formats.cda.terms import load_terms
from temoin.testing.report import Finding, IdentityStatus, PatientIdentity, Professional, Report, ReportStatus


def as_carried(report: Report) -> Report:
    """The Report with what CDA has no place for as the reader gives it: the list in `reader`, field by field."""
    travels = as_it_travels(report, decimals=0)
    return replace(
        travels,
        patient=_patient(travels.patient),
        signer=_signer(report.signer),
        findings=tuple(_finding(finding) for finding in report.findings),
        source="counter",
        answers=(),
    )


def _patient(patient: PatientIdentity) -> PatientIdentity:
    # Only the matricule's name space tells the document's readers that the identity is qualified.
    return patient if patient.nir else replace(patient, identity_status=IdentityStatus.PROVISIONAL)


def _signer(signer: Professional) -> Professional:
    return replace(
        signer,
        member_id="" if signer.rpps else signer.member_id,
        profession_display=signer.profession_display if signer.profession else "",
    )


def _finding(finding: Finding) -> Finding:
    test = load_terms().tests[finding.loinc]
    return replace(finding, loinc_display=test.loinc.label, icd10=test.disease.code)


@pytest.mark.parametrize("email", ["zoé@exemplé.fr", "50%+a b@exemple.fr", "d'artagnan?x&y@exemple.fr"])
def test_an_address_of_mail_is_written_as_a_uri_and_read_back(email: str) -> None:
    data = document(covid_positive(patient=replace(covid_positive().patient, email=email)))

    assert broken_rules(etree.fromstring(data)) == []
    assert read_document(data).patient.email == email


@given(addressed_reports())
def test_reading_gives_back_what_was_written(report: Report) -> None:
    assert read_document(document(report)) == as_carried(report)


@given(addressed_reports())
def test_writing_what_was_read_gives_the_same_bytes(report: Report) -> None:
    read = read_document(document(report))
    # The member behind an RPPS number and a NIR that may not travel are the only things the bytes ask for again.
    whole = replace(read, signer=replace(read.signer, member_id=report.signer.member_id))

    assert document(whole) == document(report)


@pytest.mark.parametrize("kind", counter_kinds(), ids=lambda kind: kind.code)
def test_each_kind_of_the_counter_is_read_back(kind: Kind) -> None:
    for read in {read for target in kind.targets for read in readings_of(target)}:
        outcomes = tuple(read if read in readings_of(one) else readings_of(one)[0] for one in kind.targets)
        report = of_kind(kind, outcomes)

        assert read_document(document(report)) == as_carried(report)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_at_all_makes_a_document_that_is_read(name: str, comment: str) -> None:
    patient = replace(covid_positive().patient, birth_family_name=name)

    read = read_document(document(covid_positive(patient=patient, comment=comment)))

    marked = "".join("\ufffd" if not _is_writable(each) else each for each in comment)
    assert read.comment == marked


def _is_writable(character: str) -> bool:
    """Production [2] of XML 1.0."""
    code = ord(character)
    return code in {9, 10, 13} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def test_comments_and_instructions_in_the_markup_do_not_matter() -> None:
    data = document(covid_positive())
    spaced = data.replace(b"<title>", b"<?xsl x?><!-- PAT --><title>").replace(b"</act>", b"\n</act>")

    assert read_document(spaced) == as_carried(covid_positive())


def at(root: etree._Element, path: str) -> etree._Element:
    return root.xpath(path, namespaces=NAMESPACES)[0]


def remove(element: etree._Element) -> None:
    element.getparent().remove(element)


OBSERVATION = "//h:observation"

BREAKS: dict[str, Callable[[etree._Element], object]] = {
    "another kind of document": lambda r: remove(at(r, "h:templateId[@root='1.2.250.1.213.1.1.1.59']")),
    "another version of the volume": lambda r: at(r, "h:templateId[@extension]").set("extension", "2025.01"),
    "a title that is not ours": lambda r: setattr(at(r, "h:title"), "text", "PAT-TROIS"),
    "an identifier that is not ours": lambda r: at(r, "h:id").set("root", "1.2.3"),
    "an identifier too great": lambda r: at(r, "h:id").set("root", "2.25." + "9" * 39),
    "an identifier twice": lambda r: r.insert(0, etree.fromstring(etree.tostring(at(r, "h:id")))),
    "a version that is no number": lambda r: at(r, "h:versionNumber").set("value", "PAT-TROIS"),
    "a version in other digits": lambda r: at(r, "h:versionNumber").set("value", "\u0662"),
    "no patient": lambda r: remove(at(r, "h:recordTarget")),
    "no local identifier": lambda r: remove(at(r, "//h:patientRole/h:id[2]")),
    "a gender that is none": lambda r: at(r, "//h:administrativeGenderCode").set("code", "PAT-TROIS"),
    "a birth date that is none": lambda r: at(r, "//h:birthTime").set("value", "PAT-TROIS"),
    "a time without offset": lambda r: at(r, "h:effectiveTime").set("value", "20261123175912"),
    "a time that is none": lambda r: at(r, "h:effectiveTime").set("value", "20261399175912+0100"),
    "a time that is missing": lambda r: at(r, "h:effectiveTime").attrib.pop("value"),
    "no observation": lambda r: remove(at(r, OBSERVATION).getparent()),
    "a test that is not ours": lambda r: at(r, OBSERVATION + "/h:code").set("code", "94309-2"),
    "a value that is not ours": lambda r: at(r, OBSERVATION + "/h:value").set("code", "1"),
    "a value that the text contradicts": lambda r: setattr(at(r, "//h:content[@ID='resultat-1']"), "text", "négatif"),
    "a grade that stands for another value": lambda r: etree.SubElement(
        at(r, OBSERVATION + "/h:value"), "{urn:hl7-org:v3}translation", code="260385009"
    ),
    "a reference to nowhere": lambda r: at(r, OBSERVATION + "/h:code//h:reference").set("value", "#no"),
    "an ID used twice": lambda r: at(r, "//h:content[@ID='examen-1']").set("ID", "resultat-1"),
    "an expiry that is no date": lambda r: setattr(at(r, "//h:content[@ID='dispositif-peremption']"), "text", "x"),
    "statuses that disagree": lambda r: at(r, OBSERVATION + "/h:statusCode").set("code", "aborted"),
    "a signer without identifier": lambda r: at(r, "h:legalAuthenticator//h:id").set("extension", ""),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_broken_document_is_refused_without_quoting_it(case: str) -> None:
    root = etree.fromstring(document(covid_positive()))
    BREAKS[case](root)

    with pytest.raises(CdaError) as refusal:
        read_document(etree.tostring(root))

    assert "PAT-TROIS" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_void_result_that_replaces_nothing_is_refused() -> None:
    report = covid_positive(
        version=2, replaces_key=FORMER_KEY, status=ReportStatus.CANCELLED, reason="Doublon", comment=""
    )
    root = etree.fromstring(document(report))
    remove(at(root, "h:relatedDocument"))

    with pytest.raises(CdaError, match="status"):
        read_document(etree.tostring(root))


@pytest.mark.parametrize("data", [b"", b"<", b"null", b"\xff", b"<a/>", b"<ClinicalDocument/>", b"&#0;"])
def test_bytes_that_are_no_document_are_refused(data: bytes) -> None:
    with pytest.raises(CdaError):
        read_document(data)


@given(st.data())
def test_a_document_cut_anywhere_is_refused(data: st.DataObject) -> None:
    whole = document(covid_positive())
    end = data.draw(st.integers(0, len(whole) - 1))

    with pytest.raises(CdaError):
        read_document(whole[:end])


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))

DECLARATIONS = {
    "a file of the machine": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
    "an address of the network": '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/e">]>',
    "a file among the parameters": '<!DOCTYPE x [<!ENTITY % e SYSTEM "file:///etc/hostname"> %e;]>',
    "a DTD elsewhere": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    "a billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{BOMB}<!ENTITY e "&l9;">]>',
    "a default attribute": '<!DOCTYPE x [<!ATTLIST id extension CDATA "1">]>',
}


@pytest.mark.parametrize("case", DECLARATIONS)
@pytest.mark.parametrize("place", ["<title>", '<languageCode code="'])
def test_a_declaration_is_refused_before_anything_is_read(case: str, place: str) -> None:
    declared = document(covid_positive()).decode().replace("?>", f"?>{DECLARATIONS[case]}", 1)

    with pytest.raises(CdaError, match="declaration"):
        read_document(declared.replace(place, f"{place}&e;", 1).encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-7"])
def test_a_declaration_hidden_by_an_encoding_is_not_read(encoding: str) -> None:
    text = document(covid_positive()).decode().partition("?>")[2]
    hidden = f"<?xml version='1.0' encoding='{encoding}'?>{DECLARATIONS['a file of the machine']}{text}"

    with pytest.raises(CdaError):
        read_document(hidden.encode(encoding))


def test_an_entity_that_nothing_declares_is_refused() -> None:
    with pytest.raises(CdaError):
        read_document(document(covid_positive()).replace(b"<title>", b"<title>&e;"))
