"""From a BIO-TROD document that `document` wrote back to the Report.

What CDA has no place for reads so: the name of a LOINC code in French, a finding without ICD-10 with that of its test,
the source as "counter", a member as "" beside an RPPS number, a profession without code as none, an identity as
qualified when its matricule travels and as provisional when not, times to the second. The NIR of an identity that is
not qualified may not leave the pharmacy.
"""

from __future__ import annotations

from datetime import date, datetime

from cda_nodes import (
    Narrative,
    every,
    identifier,
    maybe,
    moment,
    number,
    one,
    parse,
    read_address,
    telecom,
    text,
    told,
)
from cda_others import read_doctor, read_laboratory, read_prescriber
from lxml import etree

from temoin.formats.cda import codes
from temoin.formats.cda import narrative as names
from temoin.formats.cda.body import STATUS
from temoin.formats.cda.elements import CdaError, Element
from temoin.formats.cda.header import CANCELLED_TITLE, TITLE
from temoin.formats.cda.people import GENDER
from temoin.formats.cda.terms import Test, load_terms
from temoin.lib.quantity import Quantity
from temoin.testing.report import (
    Device,
    Finding,
    IdentityStatus,
    Organisation,
    PatientIdentity,
    Professional,
    Report,
    ReportStatus,
)

_SEX = {code: sex for sex, (code, _) in GENDER.items()}


def read_document(data: bytes) -> Report:
    """Return the Report that a document of ours carries; anything else raises `CdaError`."""
    try:
        return _report(parse(data))
    except CdaError:
        raise
    except (KeyError, IndexError, ValueError, OverflowError) as error:
        # The cause may quote a value of the document, which is health data: it is cut off.
        raise CdaError(f"the document cannot be read ({type(error).__name__})") from None


def _report(root: Element) -> Report:
    _check_nature(root)
    section = one(root, "component/structuredBody/component/section")
    act = one(section, "entry/act")
    narrative = Narrative(section)
    kind, chapter = one(act, "code/translation"), one(section, "code")
    material = one(act, "specimen/specimenRole/specimenPlayingEntity/code")
    replaced = maybe(root, "relatedDocument[@typeCode='RPLC']/parentDocument/id")
    status = _status(act, is_replacement=replaced is not None)
    sampled_at = moment(root, "componentOf/encompassingEncounter/effectiveTime/low")
    return Report(
        record_id=identifier(told(root, "setId", "root")),
        version=number(root, "versionNumber"),
        key=identifier(told(root, "id", "root")),
        replaces_key=identifier(replaced.attrib["root"]) if replaced is not None else "",
        status=status,
        reason=_commented(act, narrative),
        kind=kind.attrib["code"],
        kind_display=_kind_display(root, status),
        chapter_loinc=chapter.attrib["code"],
        chapter_display=chapter.get("displayName", ""),
        specimen_snomed=material.attrib["code"],
        specimen_display=narrative.referred(material, "originalText"),
        sampled_at=sampled_at,
        read_at=_read_at(root, sampled_at),
        signed_at=moment(root, "effectiveTime"),
        patient=_patient(one(root, "recordTarget/patientRole")),
        signer=_signer(one(root, "legalAuthenticator/assignedEntity")),
        organisation=_organisation(root),
        device=_device(one(act, "participant[@typeCode='DEV']/participantRole"), narrative),
        findings=tuple(_finding(each, narrative) for each in every(act, "entryRelationship/observation")),
        comment=_commented(every(act, "entryRelationship/observation")[0], narrative),
        doctor=read_doctor(root),
        prescriber=read_prescriber(root),
        laboratory=read_laboratory(act),
        consent_notice=_consent_notice(root),
        is_demo=narrative.has(names.DEMONSTRATION),
    )


def _check_nature(root: Element) -> None:
    template = maybe(root, f"templateId[@root='{codes.BIO_TROD[0]}']")
    is_ours = root.tag == f"{{{codes.HL7}}}ClinicalDocument" and template is not None
    if not is_ours or template is None or template.get("extension") != codes.BIO_TROD[1]:
        raise CdaError("not a BIO-TROD 2024.01 document")


def _status(act: Element, *, is_replacement: bool) -> ReportStatus:
    """Return the status, of which act and observations must agree."""
    told_codes = {each.get("code") for each in every(act, "statusCode") + every(act, "*/observation/statusCode")}
    if told_codes == {STATUS[ReportStatus.CANCELLED]} and is_replacement:
        return ReportStatus.CANCELLED
    if told_codes != {STATUS[ReportStatus.FINAL]}:
        raise CdaError("the status codes do not agree")
    return ReportStatus.CORRECTED if is_replacement else ReportStatus.FINAL


def _kind_display(root: Element, status: ReportStatus) -> str:
    title = text(root, "title")
    if not title.startswith(TITLE):
        raise CdaError("title: not that of BIO-TROD")
    is_cancelled = status is ReportStatus.CANCELLED
    return title.removeprefix(TITLE).removesuffix(CANCELLED_TITLE if is_cancelled else "")


def _read_at(root: Element, sampled_at: datetime) -> datetime:
    """Return the end of the first event, which has one when it lasted a second."""
    event = every(root, "documentationOf/serviceEvent")[0]
    return moment(event, "effectiveTime/high") if every(event, "effectiveTime/high") else sampled_at


def _commented(parent: Element, narrative: Narrative) -> str:
    acts = every(parent, "entryRelationship[@typeCode='SUBJ']/act")
    told = [act for act in acts if one(act, "text/reference").get("value") != f"#{names.CONDUCT}"]
    if len(told) > 1:
        raise CdaError("one comment at most is expected")
    return narrative.referred(told[0], "text") if told else ""


def _consent_notice(root: Element) -> str:
    notice = maybe(root, "authorization/consent/id")
    return notice.attrib["extension"] if notice is not None else ""


def _finding(observation: Element, narrative: Narrative) -> Finding:
    terms = load_terms()
    value = one(observation, "value")
    if measured := _quantity(value):
        return _measured(observation, measured, narrative)
    exact = maybe(value, "translation")
    exact = value if exact is None else exact
    test, result = terms.tests[told(observation, "code", "code")], terms.results[exact.attrib["code"]]
    display = exact.get("displayName", "")
    if result.reported_as.code != value.get("code") or narrative.referred(value, "originalText") != display:
        raise CdaError("a result is told in two ways that do not agree")
    return Finding(
        **_examined(observation, test, narrative),
        outcome=result.outcome,
        snomed=exact.attrib["code"],
        snomed_display=display,
    )


def _examined(observation: Element, test: Test, narrative: Narrative) -> dict[str, str]:
    return {
        "target": test.target,
        "display": narrative.referred(observation, "code/originalText"),
        "loinc": test.loinc.code,
        "loinc_display": test.loinc.label,
        "icd10": test.disease.code,
    }


def _quantity(value: Element) -> Quantity | None:
    kind = value.get(etree.QName(codes.XSI, "type"))
    if kind == "PQ":
        return Quantity(value=value.attrib["value"], unit=value.attrib["unit"])
    if kind != "IVL_PQ":
        return None
    (limit,) = value
    if limit.get("inclusive") != "false":
        raise CdaError("a limit that was measured is no limit")
    comparator = {"high": "<", "low": ">"}[etree.QName(limit).localname]
    return Quantity(comparator=comparator, value=limit.attrib["value"], unit=limit.attrib["unit"])


def _measured(observation: Element, quantity: Quantity, narrative: Narrative) -> Finding:
    test, display = load_terms().tests[told(observation, "code", "code")], quantity.words("fr")
    if narrative.referred(observation, "text") != display:
        raise CdaError("a result is told in two ways that do not agree")
    return Finding(
        **_examined(observation, test, narrative),
        outcome="measured",
        snomed="",
        snomed_display=display,
        quantity=quantity,
    )


def _patient(role: Element) -> PatientIdentity:
    nir = _nir(role)
    person = one(role, "patient")
    return PatientIdentity(
        patient_id=_local_id(role).attrib["extension"],
        birth_family_name=text(person, "name/family[@qualifier='BR']"),
        birth_given_names=_all_given_names(person),
        first_birth_given_name=text(person, "name/given[@qualifier='BR']"),
        sex=_SEX[told(person, "administrativeGenderCode", "code")],
        birth_date=date.fromisoformat(told(person, "birthTime", "value")),
        birth_place=text(person, "birthplace/place/addr/county"),
        used_family_name=text(person, "name/family[@qualifier='CL']"),
        used_given_name=text(person, "name/given[@qualifier='CL']"),
        nir=nir,
        identity_status=IdentityStatus.QUALIFIED if nir else IdentityStatus.PROVISIONAL,
        phone=telecom(role, "tel:"),
        email=telecom(role, "mailto:"),
        address=read_address(one(role, "addr")),
    )


def _nir(role: Element) -> str:
    found = [each for each in every(role, "id") if each.get("root") in {codes.INS_NIR, codes.INS_NIR_DEMO}]
    return found[0].attrib["extension"] if found else ""


def _local_id(role: Element) -> Element:
    """Return the patient's identifier in the pharmacy, whose own identifier is its root."""
    (found,) = (each for each in every(role, "id") if each.get("root", "").startswith("2.25."))
    return found


def _all_given_names(person: Element) -> str:
    (given,) = (each for each in every(person, "name/given") if "qualifier" not in each.attrib)
    return given.text or ""


def _signer(entity: Element) -> Professional:
    national = told(entity, f"id[@root='{codes.ID_NAT_PS}']", "extension")
    code = maybe(entity, "code")
    return Professional(
        member_id=national.partition("/")[2] if national[0] == "3" else "",
        family_name=text(entity, "assignedPerson/name/family"),
        given_name=text(entity, "assignedPerson/name/given"),
        rpps=national[1:] if national[0] == "8" else "",
        profession=code.attrib["code"] if code is not None else "",
        profession_display=code.get("displayName", "") if code is not None else "",
    )


def _organisation(root: Element) -> Organisation:
    pharmacy = one(root, "custodian/assignedCustodian/representedCustodianOrganization")
    local = _local_id(one(root, "recordTarget/patientRole"))
    return Organisation(
        pharmacy_id=identifier(local.attrib["root"]),
        name=text(pharmacy, "name"),
        finess=told(pharmacy, f"id[@root='{codes.ID_NAT_STRUCT}']", "extension")[1:],
        phone=telecom(pharmacy, "tel:"),
        address=read_address(one(pharmacy, "addr")),
    )


def _device(role: Element, narrative: Narrative) -> Device:
    identified = maybe(role, "id")
    manufacturer, reference, lot, expiry = (narrative.at(name) for name in names.DEVICE_PARTS)
    return Device(
        manufacturer=manufacturer,
        reference=reference,
        name=text(role, "playingDevice/manufacturerModelName"),
        udi=identified.attrib["extension"].replace("\u241d", "\x1d") if identified is not None else "",
        lot=lot,
        expiry=datetime.strptime(expiry, "%d/%m/%Y").date() if expiry else None,  # noqa: DTZ007 - a day has no zone
    )
