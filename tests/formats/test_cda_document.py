"""The CDA document against the rules of BIO-TROD, the schema of CDA, and the two examples given with the volume."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cda_reports import FORMER_KEY, amended, of_kind
from cda_rules import NAMESPACES, RULES, broken_rules, is_broken
from hypothesis import given
from lxml import etree
from malac.models.cda import ch_ext_pharm
from strategies import UDIS, addressed_reports, covid_positive

from temoin.catalogue.kinds import Kind, counter_kinds, load_kinds
from temoin.formats.cda import CdaError, document
from temoin.testing.report import Doctor, IdentityStatus, Report, ReportStatus

NAMESPACE_ATTRIBUTES = 'xmlns="urn:hl7-org:v3" xmlns:hl7v3="urn:hl7-org:v3"'

# The agency's own files lie beside a developer's checkout, not in this repository: their licence is not stated.
EXAMPLES = Path(__file__).parents[3] / "shared" / "data" / "cda"


def written(report: Report) -> etree._Element:
    return etree.fromstring(document(report))


def found(root: etree._Element, path: str) -> list:
    return root.xpath(path, namespaces=NAMESPACES)


@given(addressed_reports())
def test_every_document_keeps_every_rule(report: Report) -> None:
    assert broken_rules(written(report)) == []


@pytest.mark.parametrize("kind", counter_kinds(), ids=lambda kind: kind.code)
def test_each_kind_of_the_counter_keeps_every_rule(kind: Kind) -> None:
    assert broken_rules(written(of_kind(kind))) == []


def test_the_examples_given_with_the_volume_break_one_rule_both_the_same() -> None:
    # Their legal authenticator signs at "…+100", which is no offset.
    for name in ("COVID-19", "Angine") if EXAMPLES.is_dir() else ():
        example = etree.parse(EXAMPLES / f"BIO-TROD_2024.01_{name}.xml").getroot()

        assert broken_rules(example) == ["time of the legal authenticator"], name


def mutants(root: etree._Element) -> Iterator[etree._Element]:
    """The document with one element doubled or left out, or one attribute or text changed."""
    for place, element in enumerate(root.iter()):
        for change in (_double, _leave_out, _replace_text, *(_spoil(name) for name in element.attrib)):
            mutant = copy.deepcopy(root)
            change(next(each for number, each in enumerate(mutant.iter()) if number == place))
            yield mutant


def _double(element: etree._Element) -> None:
    if element.getparent() is not None:
        element.addnext(copy.deepcopy(element))


def _leave_out(element: etree._Element) -> None:
    if element.getparent() is not None:
        element.getparent().remove(element)


def _replace_text(element: etree._Element) -> None:
    element.text = "x"


def _spoil(name: str):
    def spoil(element: etree._Element) -> None:
        element.set(name, "x")

    return spoil


def putting(xml: str):
    """Put an element, written in the name space of CDA, at the end of another."""
    return lambda place: place.append(etree.fromstring(f'<x xmlns="urn:hl7-org:v3">{xml}</x>')[0])


def setting(name: str, value: str):
    return lambda element: element.set(name, value)


def participant(xml: str):
    return putting(f"<participant><associatedEntity>{xml}</associatedEntity></participant>")


def recipient(xml: str):
    return putting(f"<informationRecipient><intendedRecipient>{xml}</intendedRecipient></informationRecipient>")


# What no single change of a right document can break, and a document that breaks it.
SPECIAL = {
    "a document of entries": ("h:component", putting("<nonXMLBody/>")),
    "each template in its place": ("//h:specimen", putting('<templateId root="1.3.6.1.4.1.19376.1.3.1"/>')),
    "identifiers of the patient": ("//h:patientRole/h:id", setting("nullFlavor", "UNK")),
    "identifier fits an XDS registry": ("h:id", setting("root", "2.25." + "1" * 60)),
    "qualifier of a first name": ("//h:given[@qualifier]", setting("qualifier", "SP")),
    "name of a guardian": (
        "//h:patient",
        putting("<guardian><guardianPerson><name/><name/></guardianPerson></guardian>"),
    ),
    "title of a person": ("//h:assignedPerson/h:name", putting("<prefix>x</prefix>")),
    "function of a person": ("h:author", putting('<functionCode code="PCP"/>')),
    "nobody else who answers": (".", putting("<informant/>")),
    "identifier of a recipient": (".", recipient('<id root="1.2"/>')),
    "one person of a recipient at most": (".", recipient("<informationRecipient/><informationRecipient/>")),
    "time of a participant": (".", putting("<participant><time><low/></time></participant>")),
    "kind of participant": (".", participant("")),
    "identifier of a participant": (".", participant('<id root="1.2"/>')),
    "profession of a participant": (".", participant('<code code="10"/>')),
    "organisation of a participant": (".", participant("<scopingOrganization><id/></scopingOrganization>")),
    "nothing but place and time of the encounter": ("//h:encompassingEncounter", putting("<id/>")),
    "no time or subject of its own": ("//h:entry/h:act", putting("<subject/>")),
    "no second reading of a value": ("//h:observation", putting("<interpretationCode/>")),
    "no author of a comment": ("//h:act/h:entryRelationship//h:act", putting("<author/>")),
    "what may be unknown": ("h:code", setting("nullFlavor", "UNK")),
    "words of a code": ("h:code", setting("displayName", "")),
    "an interval takes time": ("//h:serviceEvent//h:high", setting("value", "20261123174100+0100")),
    "use of an address": ("//h:addr", setting("use", "x")),
    "words of an address": ("//h:addr", putting("<precinct/>")),
    "an address in lines or in parts": ("//h:addr", putting("<streetAddressLine/>")),
    "an address or why not": ("//h:addr[*]", setting("nullFlavor", "UNK")),
    "attributes of an address": ("//h:addr", setting("lang", "fr")),
    "use of a telecom": ("//h:telecom", setting("use", "x")),
    "no race, religion or ethnic group": ("//h:patient", putting("<raceCode/>")),
}


def test_each_rule_has_been_seen_to_fail() -> None:
    root = written(amended(ReportStatus.CORRECTED))
    waiting = set(RULES) - set(SPECIAL)

    for mutant in mutants(root):
        waiting -= {name for name in waiting if is_broken(name, mutant)}

    assert waiting == set()


@pytest.mark.parametrize("name", SPECIAL)
def test_each_rule_on_what_must_not_be_there_has_been_seen_to_fail(name: str) -> None:
    root = written(covid_positive())
    path, change = SPECIAL[name]

    change(found(root, path)[0])

    assert name in broken_rules(root)


def shape(element: etree._Element) -> tuple:
    """Names in the order of the document; those classes write some elements twice, so what is alike counts once."""
    return (etree.QName(element).localname, tuple(dict.fromkeys(shape(child) for child in element)))


def as_the_classes_take_it(report: Report) -> etree._Element:
    """The document less words, mixed texts and parts of codes, which those classes do not write as they read them."""
    root = written(report)
    for each in found(root, "//h:section/h:text/* | //h:addr/* | //h:name/* | //h:translation | //h:originalText"):
        each.getparent().remove(each)
    for each in root.iter():
        each.text = each.tail = None
    return root


def through_the_classes(root: etree._Element) -> etree._Element:
    """What the classes write of what they read: in the order of the schema, and without what it does not know."""
    again = io.StringIO()
    model = ch_ext_pharm.parseString(etree.tostring(root), silence=True)
    model.export(again, 0, name_="ClinicalDocument", namespaceprefix_="", namespacedef_=NAMESPACE_ATTRIBUTES)
    return etree.fromstring(again.getvalue())


@given(addressed_reports())
def test_classes_made_from_the_schema_of_cda_read_and_write_it_the_same(report: Report) -> None:
    root = as_the_classes_take_it(report)

    assert shape(through_the_classes(root)) == shape(root)


@pytest.mark.parametrize("path", ["h:authorization", "//h:act/h:specimen", "//h:patient/h:birthTime"])
def test_the_classes_see_an_element_out_of_order(path: str) -> None:
    root = as_the_classes_take_it(covid_positive())
    moved = found(root, path)[0]
    moved.getparent().append(moved)

    assert shape(through_the_classes(root)) != shape(root)


@given(addressed_reports())
def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    assert document(replace(report)) == document(report)


def test_a_correction_is_a_document_that_replaces_another_of_its_set() -> None:
    first, second = written(covid_positive()), written(amended(ReportStatus.CORRECTED))

    assert found(first, "string(h:setId/@root)") == found(second, "string(h:setId/@root)")
    assert found(second, "string(h:versionNumber/@value)") == "2"
    assert found(second, "string(h:relatedDocument[@typeCode='RPLC']/h:parentDocument/h:id/@root)") == (
        "2.25.78611719388578709490803688960304785762"
    )
    assert not found(first, "h:relatedDocument")


def test_a_cancellation_replaces_and_is_completed_nowhere() -> None:
    root = written(amended(ReportStatus.CANCELLED))

    statuses = found(root, "//h:entry/h:act/h:statusCode/@code | //h:observation/h:statusCode/@code")

    assert set(statuses) == {"aborted"}
    assert found(root, "string(h:title)").endswith("(résultat annulé)")
    assert "ne doit plus être utilisé" in found(root, "string(//h:content[@ID='statut'])")
    assert found(root, "string(//h:content[@ID='motif'])") == "Erreur de lecture"


@pytest.mark.parametrize("status", IdentityStatus)
def test_the_matricule_travels_for_a_qualified_identity_only(status: IdentityStatus) -> None:
    patient = replace(covid_positive().patient, identity_status=status)

    data = document(covid_positive(patient=patient))

    assert (b"279035121518989" in data) is (status is IdentityStatus.QUALIFIED)
    assert patient.patient_id.encode() in data


def test_the_matricule_stays_when_one_of_its_five_traits_is_unknown() -> None:
    patient = replace(covid_positive().patient, birth_place="")

    assert b"279035121518989" not in document(covid_positive(patient=patient))


@pytest.mark.parametrize(("demo", "root"), [(False, "1.2.250.1.213.1.4.8"), (True, "1.2.250.1.213.1.4.11")])
def test_a_matricule_of_a_demonstration_has_its_own_authority(demo: bool, root: str) -> None:
    document_of = written(covid_positive(is_demo=demo))

    assert found(document_of, "string(//h:patientRole/h:id[1]/@root)") == root
    assert bool(found(document_of, "//h:content[@ID='demonstration']")) is demo


def test_the_treating_doctor_is_who_the_document_is_for() -> None:
    doctor = Doctor(family_name="MEDIONI", given_name="Stéphane", rpps="01234567897", mailbox="s.m@mssante.fr")
    root = written(covid_positive(doctor=doctor))

    for role in ("h:informationRecipient/h:intendedRecipient", "h:participant[@typeCode='INF']/h:associatedEntity"):
        assert found(root, f"{role}/h:id/@extension") == ["801234567897"]
        assert found(root, f"{role}/h:telecom/@value") == ["mailto:s.m@mssante.fr"]
        assert found(root, f"{role}//h:name/h:family/text()") == ["MEDIONI"]
    assert found(root, "h:participant/h:functionCode/@code") == ["PCP"]


def test_no_doctor_is_named_when_the_patient_names_none() -> None:
    assert found(written(covid_positive()), "h:informationRecipient | h:participant") == []


def test_a_signer_outside_the_register_is_told_by_the_pharmacy() -> None:
    report = covid_positive(signer=replace(covid_positive().signer, rpps=""))

    assert set(found(written(report), "//h:id[@root='1.2.250.1.71.4.2.1']/@extension")) == {
        "3750712184/1b4e28ba-2fa1-41d2-883f-0016d3cca427"
    }


@pytest.mark.parametrize(
    ("outcomes", "values", "grades"),
    [
        (("plus-2", "trace"), ["10828004", "373068000"], ["441517005", "260405006"]),
        (("plus-1", "positive"), ["10828004", "10828004"], ["441614007"]),
        (("negative", "negative"), ["260385009", "260385009"], []),
        (("plus-3", "unsatisfactory"), ["10828004", "125154007"], ["441521003"]),
    ],
)
def test_a_urine_strip_reports_the_national_values_and_keeps_its_grades(
    outcomes: tuple[str, ...], values: list[str], grades: list[str]
) -> None:
    root = written(of_kind(load_kinds()["cystitis-strip"], outcomes))

    assert broken_rules(root) == []
    assert found(root, "//h:observation/h:value/@code") == values
    assert found(root, "//h:observation/h:value/h:translation/@code") == grades
    assert found(root, "h:documentationOf/h:serviceEvent/h:code/@code") == ["N30"]


@pytest.mark.parametrize(
    ("udi", "agency"),
    list(zip(UDIS[1:], ["2.51.1.1"] * 3 + ["1.0.15961.10.816"], strict=True)),
)
def test_a_udi_is_given_under_the_agency_that_issued_it(udi: str, agency: str) -> None:
    root = written(covid_positive(device=replace(covid_positive().device, udi=udi)))

    assert found(root, "string(//h:participantRole/h:id/@root)") == agency


def test_a_kit_that_was_not_scanned_is_told_in_words() -> None:
    root = written(covid_positive(device=replace(covid_positive().device, udi="")))

    assert not found(root, "//h:participantRole/h:id")
    assert found(root, "string(//h:content[@ID='dispositif-nom-reference'])") == (
        "Fabricant d'exemple | REF-25 | A12345 | 30/09/2027"
    )


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_a_character_that_xml_cannot_write_leaves_a_mark(character: str) -> None:
    patient = replace(covid_positive().patient, birth_family_name=f"LE{character}GOFF")

    root = written(covid_positive(patient=patient, comment=f"Vu{character}"))

    assert found(root, "string(//h:family[@qualifier='BR'])") == "LE\ufffdGOFF"
    assert found(root, "string(//h:content[@ID='commentaire'])") == "Vu\ufffd"


FINDING = covid_positive().findings[0]

REFUSED = {
    "no finding": {"findings": ()},
    "a test that is no rapid test": {"findings": (replace(FINDING, loinc="94309-2"),)},
    "a result that is not of the set": {"findings": (replace(FINDING, snomed="260373001"),)},
    "a target that is not that of the test": {"findings": (replace(FINDING, target="rsv"),)},
    "an outcome that is not that of the result": {"findings": (replace(FINDING, outcome="negative"),)},
    "a disease that is not that of the test": {"findings": (replace(FINDING, icd10="J09"),)},
    "a time without offset": {"signed_at": datetime(2026, 11, 23, 18, tzinfo=UTC).replace(tzinfo=None)},
    "a key that is no UUID": {"key": "k1"},
    "a final version that replaces": {"replaces_key": FORMER_KEY},
    "a correction that replaces nothing": {"status": ReportStatus.CORRECTED},
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_report_that_the_document_may_not_carry_is_refused(case: str) -> None:
    with pytest.raises(CdaError) as refusal:
        document(covid_positive(**REFUSED[case]))

    assert "PAT-TROIS" not in str(refusal.value)
