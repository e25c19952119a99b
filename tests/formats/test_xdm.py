"""The XDM package: its files, and metadata that say of the document what the document says of itself."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from hashlib import sha1

import pytest
from cda_reports import FORMER_KEY, KEY, amended
from hypothesis import given
from lxml import etree
from strategies import addressed_reports, covid_positive
from xdm_sending import SENDING

from temoin.formats.cda import CdaError, document
from temoin.formats.xdm import package
from temoin.testing.report import Doctor, IdentityStatus, Report, ReportStatus

RIM = {"r": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}
ENTRY, SENT = "//r:ExtrinsicObject", "//r:RegistryPackage"

# IHE ITI TF-3, tables of classification schemes and external identifiers.
SCHEMES = {
    "author": "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d",
    "classCode": "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a",
    "confidentialityCode": "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f",
    "eventCodeList": "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4",
    "formatCode": "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d",
    "healthcareFacilityTypeCode": "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
    "practiceSettingCode": "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead",
    "typeCode": "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983",
}


def files(report: Report) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package(report, SENDING))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def metadata(report: Report) -> etree._Element:
    return etree.fromstring(files(report)["IHE_XDM/SUBSET01/METADATA.XML"])


def told(root: etree._Element, path: str) -> list[str]:
    return root.xpath(path, namespaces=RIM)


def slot(root: etree._Element, place: str, name: str) -> list[str]:
    return told(root, f"{place}/r:Slot[@name='{name}']/r:ValueList/r:Value/text()")


def code(root: etree._Element, name: str) -> list[str]:
    return told(root, f"{ENTRY}/r:Classification[@classificationScheme='{SCHEMES[name]}']/@nodeRepresentation")


def identifier(root: etree._Element, place: str, name: str) -> str:
    (value,) = told(root, f"{place}/r:ExternalIdentifier[r:Name/r:LocalizedString/@value='{name}']/@value")
    return value


@given(addressed_reports())
def test_a_package_holds_four_files_and_the_document_is_the_document(report: Report) -> None:
    held = files(report)

    assert list(held) == [
        "INDEX.HTM",
        "README.TXT",
        "IHE_XDM/SUBSET01/METADATA.XML",
        "IHE_XDM/SUBSET01/DOC0001.XML",
    ]
    assert held["IHE_XDM/SUBSET01/DOC0001.XML"] == document(report)


@given(addressed_reports())
def test_the_metadata_repeat_the_header_of_the_document(report: Report) -> None:
    content, root = document(report), metadata(report)
    cda = {"h": "urn:hl7-org:v3"}
    header = etree.fromstring(content)

    assert slot(root, ENTRY, "hash") == [sha1(content).hexdigest()]  # noqa: S324 - what IHE asks for
    assert slot(root, ENTRY, "size") == [str(len(content))]
    assert identifier(root, ENTRY, "XDSDocumentEntry.uniqueId") == header.xpath("string(h:id/@root)", namespaces=cda)
    assert told(root, f"string({ENTRY}/r:Name/r:LocalizedString/@value)") == header.xpath(
        "string(h:title)", namespaces=cda
    )
    assert code(root, "typeCode") == ["96173-0"]
    assert code(root, "eventCodeList") == header.xpath("h:documentationOf/h:serviceEvent/h:code/@code", namespaces=cda)


@given(addressed_reports())
def test_the_same_report_gives_the_same_package(report: Report) -> None:
    assert package(replace(report), SENDING) == package(report, SENDING)


@given(addressed_reports())
def test_each_object_has_an_identifier_of_its_own_and_belongs_to_one_that_is_there(report: Report) -> None:
    root = metadata(report)
    identifiers = told(root, "//@id")

    assert len(set(identifiers)) == len(identifiers)
    assert set(told(root, "//@classifiedObject | //@registryObject | //@sourceObject")) <= set(identifiers)


def test_the_codes_of_the_document_are_those_of_the_volume() -> None:
    root = metadata(covid_positive())

    assert {name: code(root, name) for name in SCHEMES} == {
        "author": [""],
        "classCode": ["10"],
        "confidentialityCode": ["N"],
        "eventCodeList": ["U07.1"],
        "formatCode": ["urn:ans:ci-sis:trod:2024"],
        "healthcareFacilityTypeCode": ["SA33"],
        "practiceSettingCode": ["DEPISTAGE"],
        "typeCode": ["96173-0"],
    }
    assert identifier(root, SENT, "XDSSubmissionSet.sourceId") == "1.2.250.1.999.1"


def test_times_are_in_universal_time() -> None:
    root = metadata(covid_positive())

    assert slot(root, ENTRY, "creationTime") == ["20261123165912"]
    assert slot(root, ENTRY, "serviceStartTime") == ["20261123164100"]
    assert slot(root, SENT, "submissionTime") == ["20261123165912"]


@pytest.mark.parametrize(
    ("rpps", "person"),
    [
        ("01234567897", "801234567897^O\\T\\NEIL^Ann^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"),
        ("", "^O\\T\\NEIL^Ann"),
    ],
)
def test_the_doctor_is_the_intended_recipient(rpps: str, person: str) -> None:
    doctor = Doctor(family_name="O&NEIL", given_name="Ann", rpps=rpps, mailbox="a@mssante.fr")
    root = metadata(covid_positive(doctor=doctor))

    assert slot(root, SENT, "intendedRecipient") == [f"|{person}|^^Internet^a@mssante.fr"]


def test_people_and_place_are_told_by_their_national_numbers() -> None:
    root = metadata(covid_positive())

    assert slot(root, ENTRY, "legalAuthenticator") == [
        "810003879623^OFFICINE-DEUX^Camille^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"
    ]
    assert slot(root, ENTRY + "/r:Classification", "authorInstitution") == [
        "Pharmacie du Marché \\T\\ des Halles^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1750712184"
    ]
    assert slot(root, ENTRY + "/r:Classification", "authorSpecialty") == [
        "G15_21/A^Pharmacien titulaire d'officine^1.2.250.1.213.1.1.4.5"
    ]


@pytest.mark.parametrize("status", IdentityStatus)
@pytest.mark.parametrize(("demo", "root"), [(False, "1.2.250.1.213.1.4.8"), (True, "1.2.250.1.213.1.4.11")])
def test_the_matricule_names_the_patient_of_a_qualified_identity_only(
    status: IdentityStatus, demo: bool, root: str
) -> None:
    patient = replace(covid_positive().patient, identity_status=status)
    local = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff^^^&2.25.166508041112410287346257948053744188114&ISO^PI"

    told_of = metadata(covid_positive(patient=patient, is_demo=demo))

    expected = f"279035121518989^^^&{root}&ISO^NH" if status is IdentityStatus.QUALIFIED else local
    assert identifier(told_of, ENTRY, "XDSDocumentEntry.patientId") == expected
    assert identifier(told_of, SENT, "XDSSubmissionSet.patientId") == expected


def test_a_replacement_names_the_entry_that_it_replaces() -> None:
    first, second = metadata(covid_positive()), metadata(amended(ReportStatus.CORRECTED))
    replaces = "//r:Association[@associationType='urn:ihe:iti:2007:AssociationType:RPLC']"

    assert not told(first, replaces)
    assert told(second, f"{replaces}/@sourceObject") == [f"urn:uuid:{KEY}"]
    assert told(second, f"{replaces}/@targetObject") == [f"urn:uuid:{FORMER_KEY}"]
    assert slot(second, "//r:Association", "SubmissionSetStatus") == ["Original"]


def test_index_and_readme_say_nothing_of_the_patient() -> None:
    held = files(covid_positive())

    for name in ("INDEX.HTM", "README.TXT"):
        assert b"PAT-TROIS" not in held[name]
        assert b"279035121518989" not in held[name]
    assert b'href="IHE_XDM/SUBSET01/DOC0001.XML"' in held["INDEX.HTM"]


def test_a_report_that_the_document_may_not_carry_has_no_package() -> None:
    with pytest.raises(CdaError):
        package(covid_positive(findings=()), SENDING)
