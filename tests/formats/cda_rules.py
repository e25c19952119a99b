"""Rules of a BIO-TROD 2024.01 document, each under a name: an independent check of what `formats.cda` writes.

Written from the CI-SIS volume, from what the agency's checks of header and body assert, and from the examples given
with it (docs/authority.md says which and how they were compared); nothing here imports the code under test. A rule is a
place and what must hold there. Some ask for more than the agency: what we never write may not be there.
"""

from __future__ import annotations

from cda_types import DAY, MOMENT, OID, TYPE_RULES, among, shaped
from cda_values import (
    DISEASES,
    FUNCTIONS,
    ICD10,
    LOINC,
    PRACTICES,
    PROFESSIONS,
    RESULTS,
    SNOMED,
    TESTS,
    TITLES,
)
from lxml import etree

NAMESPACES = {
    "h": "urn:hl7-org:v3",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "re": "http://exslt.org/regular-expressions",
}


def exactly_one(path: str) -> str:
    return f"count({path})=1"


def templates(*roots: str) -> str:
    return " and ".join(f"h:templateId[@root='{root}']" for root in roots)


DOCUMENT = "/h:ClinicalDocument"
ROLE = DOCUMENT + "/h:recordTarget/h:patientRole"
EVENT = DOCUMENT + "/h:documentationOf/h:serviceEvent"
ENCOUNTER = DOCUMENT + "/h:componentOf/h:encompassingEncounter"
SECTION = DOCUMENT + "/h:component/h:structuredBody/h:component/h:section"
ENTRY = SECTION + "/h:entry"
ACT = ENTRY + "/h:act"
DEVICE = ACT + "/h:participant/h:participantRole"
OBSERVATION = ACT + "/h:entryRelationship/h:observation"
PERSON = "//h:assignedPerson | //h:associatedPerson | //h:intendedRecipient/h:informationRecipient"
RECIPIENT = DOCUMENT + "/h:informationRecipient/h:intendedRecipient"
PARTICIPANT = DOCUMENT + "/h:participant"
# Whose templates: an element that names one of them is checked as such, so only those may.
OWNERS = {
    "section": ("1.3.6.1.4.1.19376.1.3.3.2.1", "1.2.250.1.213.1.1.2.70"),
    "entry": ("1.3.6.1.4.1.19376.1.3.1", "1.2.250.1.213.1.1.3.21"),
    "observation": ("1.3.6.1.4.1.19376.1.3.1.6", "1.2.250.1.213.1.1.3.80"),
    "act": ("2.16.840.1.113883.10.20.1.40", "1.3.6.1.4.1.19376.1.5.3.1.4.2", "1.2.250.1.213.1.1.3.32"),
}
COMMENT = f"//h:act[h:templateId[{among('@root', OWNERS['act'])}]]"
INS = among("@root", tuple(f"1.2.250.1.213.1.4.{last}" for last in (8, 9, 10, 11)))
FUNCTION = " or ".join(f"(@codeSystem='{system}' and {among('@code', codes)})" for system, codes in FUNCTIONS.items())
SIGNER = (
    f"{DOCUMENT}/h:author/h:assignedAuthor | {DOCUMENT}/h:legalAuthenticator/h:assignedEntity |"
    f" {EVENT}/h:performer/h:assignedEntity | {ENCOUNTER}/h:responsibleParty/h:assignedEntity"
)

RULES: dict[str, tuple[str, str]] = {
    # The nature of the document.
    "realm": (DOCUMENT, "count(h:realmCode)=1 and h:realmCode/@code='FR'"),
    "type": (DOCUMENT, "h:typeId[@root='2.16.840.1.113883.1.3' and @extension='POCD_HD000040']"),
    "template of HL7 France": (DOCUMENT, templates("2.16.840.1.113883.2.8.2.1")),
    "template of IHE PCC": (DOCUMENT, templates("1.3.6.1.4.1.19376.1.5.3.1.1.1")),
    "template of CI-SIS": (DOCUMENT, templates("1.2.250.1.213.1.1.1.1")),
    "template of BIO-TROD": (DOCUMENT, "h:templateId[@root='1.2.250.1.213.1.1.1.59' and @extension='2024.01']"),
    "each template once": ("//h:templateId", "not(@root = following-sibling::h:templateId/@root)"),
    "each template in its place": (
        "//h:templateId",
        " and ".join(f"(not({among('@root', roots)}) or parent::h:{name})" for name, roots in OWNERS.items()),
    ),
    "a document of entries": (
        DOCUMENT,
        "not(h:component/h:nonXMLBody or h:templateId/@root='1.3.6.1.4.1.19376.1.2.20')",
    ),
    "identifier": (DOCUMENT, "count(h:id)=1 and " + shaped("h:id/@root", OID)),
    "identifier fits an XDS registry": (DOCUMENT, "string-length(h:id/@root) <= 64"),
    "code": (
        DOCUMENT,
        (
            f"h:code[@code='96173-0' and @codeSystem='{LOINC}'"
            ' and @displayName="Test rapide d\'orientation diagnostique"]'
        ),
    ),
    "title": (DOCUMENT, 'starts-with(h:title, "Test rapide d\'orientation diagnostique : ")'),
    "time of the document": (
        DOCUMENT,
        "count(h:effectiveTime)=1 and not(h:effectiveTime/*) and " + shaped("h:effectiveTime/@value", MOMENT),
    ),
    "confidentiality": (
        DOCUMENT,
        (
            "count(h:confidentialityCode)=1"
            " and h:confidentialityCode[@code='N' and @codeSystem='2.16.840.1.113883.5.25']"
        ),
    ),
    "language": (DOCUMENT, "h:languageCode/@code='fr-FR'"),
    "set of versions": (DOCUMENT, exactly_one("h:setId[@root]")),
    "number of the version": (
        DOCUMENT,
        exactly_one("h:versionNumber") + " and " + shaped("h:versionNumber/@value", "^[1-9][0-9]*$"),
    ),
    # The patient.
    "one patient": (DOCUMENT, exactly_one("h:recordTarget/h:patientRole")),
    "identifiers of the patient": (ROLE, "h:id and not(h:id[not(@root and string(@extension)) or @nullFlavor])"),
    "one matricule at most": (ROLE, f"count(h:id[{INS}]) <= 1"),
    "matricule of 15 characters": (f"{ROLE}/h:id[{INS}]", shaped("@extension", "^[0-9]{6}[0-9AB][0-9]{8}$")),
    "traits beside a matricule": (
        f"{ROLE}[h:id[{INS}]]",
        (
            "h:patient/h:name/h:family/@qualifier='BR' and h:patient/h:name/h:given/@qualifier='BR'"
            " and h:patient/h:name/h:given[not(@qualifier)] and h:patient/h:birthTime"
            " and h:patient/h:birthplace/h:place/h:addr/h:county and h:patient/h:administrativeGenderCode/@code"
        ),
    ),
    "one name": (ROLE, exactly_one("h:patient/h:name")),
    "birth name": (ROLE, exactly_one("h:patient/h:name/h:family[@qualifier='BR']")),
    "list of birth first names": (ROLE, exactly_one("h:patient/h:name/h:given[not(@qualifier)]")),
    "first birth first name": (ROLE, exactly_one("h:patient/h:name/h:given[@qualifier='BR']")),
    "qualifier of a family name": (ROLE + "/h:patient/h:name/h:family", "@qualifier='BR' or @qualifier='CL'"),
    "qualifier of a first name": (ROLE + "/h:patient/h:name/h:given[@qualifier]", among("@qualifier", ("BR", "CL"))),
    "one gender": (ROLE, exactly_one("h:patient/h:administrativeGenderCode")),
    "gender": (
        "//h:administrativeGenderCode",
        "@codeSystem='2.16.840.1.113883.5.1' and " + among("@code", ("F", "M", "UN")),
    ),
    "day of birth": (
        ROLE,
        exactly_one("h:patient/h:birthTime") + " and " + shaped("h:patient/h:birthTime/@value", DAY),
    ),
    "one place of birth at most": (ROLE, "count(h:patient/h:birthplace) <= 1"),
    "name of a guardian": (
        ROLE + "/h:patient/h:guardian",
        "count(h:guardianPerson/h:name) <= 1 and count(h:guardianOrganization/h:name) <= 1",
    ),
    "place of birth": (
        ROLE + "/h:patient/h:birthplace",
        shaped("h:place/h:addr/h:county", "^[0-9][0-9AB][0-9]{3}$"),
    ),
    "no race, religion or ethnic group": (
        ROLE,
        "not(h:patient/h:raceCode or h:patient/h:religiousAffiliationCode or h:patient/h:ethnicGroupCode)",
    ),
    # Who answers for it.
    "an author": (DOCUMENT, "h:author/h:assignedAuthor"),
    "time of the author": (DOCUMENT + "/h:author", shaped("h:time/@value", MOMENT)),
    "one custodian": (DOCUMENT, exactly_one("h:custodian/h:assignedCustodian/h:representedCustodianOrganization/h:id")),
    "one legal authenticator": (DOCUMENT, exactly_one("h:legalAuthenticator/h:assignedEntity/h:assignedPerson")),
    "time of the legal authenticator": (DOCUMENT + "/h:legalAuthenticator", shaped("h:time/@value", MOMENT)),
    "signature": (DOCUMENT + "/h:legalAuthenticator", "h:signatureCode/@code='S'"),
    "identifier of a professional": (
        SIGNER,
        "count(h:id)=1 and h:id/@root='1.2.250.1.71.4.2.1' and "
        + shaped("h:id/@extension", "^(8[0-9]{11}|3[0-9][0-9AB][0-9]{7}/.+)$"),
    ),
    "profession": (
        "//h:assignedAuthor/h:code | //h:assignedEntity/h:code",
        "@codeSystem='1.2.250.1.213.1.1.4.5' and " + among("@code", PROFESSIONS),
    ),
    "one person who signs": (SIGNER, exactly_one("h:assignedPerson")),
    "name of a person": (PERSON, "count(h:name)=1 and count(h:name/h:family)=1 and count(h:name/h:given) <= 1"),
    "title of a person": (
        "//h:name[h:prefix or h:suffix]",
        (
            "count(h:prefix) <= 1 and count(h:suffix) <= 1"
            f" and not(h:prefix[not({among('.', [*TITLES, 'M', 'MME', 'MLLE'])})])"
            f" and not(h:suffix[not({among('.', TITLES)})])"
        ),
    ),
    "function of a person": ("//h:author/h:functionCode | //h:participant/h:functionCode", FUNCTION),
    "practice": (
        "//h:standardIndustryClassCode",
        f"@codeSystem='1.2.250.1.213.1.1.4.9' and {among('@code', PRACTICES)}",
    ),
    "identifier of a pharmacy": (
        "//h:representedOrganization/h:id | //h:representedCustodianOrganization/h:id | //h:healthCareFacility/h:id",
        "@root='1.2.250.1.71.4.2.2' and " + shaped("@extension", "^[1234].+$"),
    ),
    "one name of a pharmacy": ("//h:representedOrganization | //h:representedCustodianOrganization", "count(h:name)=1"),
    "practice of who signs": (
        "//h:assignedEntity/h:representedOrganization",
        "h:standardIndustryClassCode[@code='DEPISTAGE' and @codeSystem='1.2.250.1.213.1.1.4.9']",
    ),
    "nobody else who answers": (DOCUMENT, "not(h:informant or h:authenticator or h:dataEnterer or h:inFulfillmentOf)"),
    # Who receives it: a treating doctor is both a recipient and a participant.
    "identifier of a recipient": (RECIPIENT, "not(h:id[not(@root='1.2.250.1.71.4.2.1' and string(@extension))])"),
    "one person of a recipient at most": (RECIPIENT, "count(h:informationRecipient) <= 1"),
    "time of a participant": (
        f"{PARTICIPANT}/h:time/h:low | {PARTICIPANT}/h:time/h:high",
        shaped("@value", MOMENT),
    ),
    "kind of participant": (
        PARTICIPANT + "/h:associatedEntity",
        among("@classCode", ["PROV", "AGNT", "ECON", "GUARD", "QUAL", "POLHOLD", "CON", "CAREGIVER", "PAT"]),
    ),
    "identifier of a participant": (
        PARTICIPANT + "/h:associatedEntity",
        "count(h:id) <= 1 and not(h:id[not(@root and @extension)])",
    ),
    "profession of a participant": (
        PARTICIPANT + "/h:associatedEntity/h:code",
        "@displayName and @codeSystem='1.2.250.1.213.1.1.4.5' and " + shaped("@code", "^G1[56]_[0-9]{2}(/.+)?$"),
    ),
    "organisation of a participant": ("//h:scopingOrganization", "not(h:id[not(@root)]) and count(h:name) <= 1"),
    # On what occasion.
    "an event": (DOCUMENT, "h:documentationOf"),
    "one event each": (DOCUMENT + "/h:documentationOf", exactly_one("h:serviceEvent")),
    "disease of an event": (EVENT, f"h:code[@codeSystem='{ICD10}' and @displayName and {among('@code', DISEASES)}]"),
    "one event for each disease": (EVENT, "not(h:code/@code = ../preceding-sibling::*/h:serviceEvent/h:code/@code)"),
    "time of an event": (EVENT, "count(h:effectiveTime)=1 and " + shaped("h:effectiveTime/h:low/@value", MOMENT)),
    "end of an event": (EVENT + "/h:effectiveTime/h:high", shaped("@value", MOMENT)),
    "who did the test": (EVENT, exactly_one("h:performer") + " and h:performer/@typeCode='PRF'"),
    "practice of who did the test": (
        EVENT + "/h:performer",
        "h:assignedEntity/h:representedOrganization/h:standardIndustryClassCode/@code='DEPISTAGE'",
    ),
    "authorization": (
        DOCUMENT + "/h:authorization",
        "@typeCode='AUTH' and h:consent[@classCode='CONS' and @moodCode='EVN']",
    ),
    "consent": (
        DOCUMENT + "/h:authorization/h:consent",
        "h:code[@code='GEN-366' and @codeSystem='1.2.250.1.213.1.1.4.322'] and h:statusCode/@code='completed'",
    ),
    "one encounter": (DOCUMENT, exactly_one("h:componentOf/h:encompassingEncounter")),
    "kind of encounter": (
        ENCOUNTER,
        "count(h:code)=1 and h:code[@code='AMB' and @displayName and @codeSystem='2.16.840.1.113883.5.4']",
    ),
    "time of the encounter": (
        ENCOUNTER,
        "count(h:effectiveTime)=1 and " + shaped("h:effectiveTime/h:low/@value", MOMENT),
    ),
    "nothing but place and time of the encounter": (ENCOUNTER, "not(h:id or h:dischargeDispositionCode)"),
    "place of the encounter": (
        ENCOUNTER,
        (
            "count(h:location)=1 and count(h:location/h:healthCareFacility/h:code)=1"
            " and h:location/h:healthCareFacility/h:code[@code='SA33'"
            " and @codeSystem='1.2.250.1.71.4.2.4']"
        ),
    ),
    "one document replaced at most": (DOCUMENT, "count(h:relatedDocument) <= 1"),
    "document replaced": (
        "//h:relatedDocument",
        (
            "@typeCode='RPLC' and count(h:parentDocument/h:id[@root])=1 and ../h:versionNumber/@value > 1"
            " and h:parentDocument/h:id/@root != ../h:id/@root"
        ),
    ),
    # The body.
    "one section": (DOCUMENT, exactly_one("h:component/h:structuredBody/h:component/h:section")),
    "templates of the section": (SECTION, templates(*OWNERS["section"])),
    "code of the section": (
        SECTION,
        f"h:code[@codeSystem='{LOINC}' and @displayName and {among('@code', ('18725-2', '18719-5'))}]",
    ),
    "title of the section": (SECTION, 'h:title="Résultat du test rapide d\'orientation diagnostique"'),
    "text and one entry": (SECTION, "count(h:text)=1 and count(h:entry)=1 and not(h:component)"),
    "two tables": (SECTION, "count(h:text/h:table[h:thead and h:tbody])=2"),
    "heads of the results": (
        SECTION,
        (
            "h:text/h:table[1]/h:thead/h:tr[h:th[1]='Pathologie/Substance dépistée' and h:th[2]='Résultat'"
            " and starts-with(h:th[3], 'Commentaire')]"
        ),
    ),
    "heads of the device": (
        SECTION,
        (
            "h:text/h:table[2]/h:thead/h:tr[h:th[1]='Code UDI du dispositif utilisé'"
            " and normalize-space(h:th[2])='Fabricant | Référence | N° de lot | Date de péremption']"
        ),
    ),
    "each ID once": ("//h:content[@ID]", "not(@ID = preceding::h:content/@ID)"),
    "each reference leads to a text": ("//h:reference[@value]", "substring(@value, 2) = //h:text//h:content/@ID"),
    "templates of the entry": (ENTRY, templates(*OWNERS["entry"])),
    "kind of entry": (ENTRY, "@typeCode='DRIV' and h:act[@classCode='ACT' and @moodCode='EVN']"),
    "code of the entry": (
        ACT,
        f"h:code[@codeSystem='{LOINC}' and {among('@code', ('92893-7', '92894-5', '18729-4', '18719-5'))}]",
    ),
    "status of the entry": (ACT, among("h:statusCode/@code", ("completed", "active", "aborted"))),
    "no time or subject of its own": (ACT, "not(h:effectiveTime or h:subject)"),
    "one device": (ACT, "count(h:participant[@typeCode='DEV'])=1 and count(h:participant)=1"),
    "role of the device": (DEVICE, "@classCode='MANU' and h:playingDevice"),
    "agency of the UDI": (
        DEVICE + "/h:id",
        "string(@extension) and " + among("@root", ("2.51.1.1", "1.0.15961.10.816", "2.16.840.1.113883.6.18.1.34")),
    ),
    "words of the device": (DEVICE, "h:playingDevice/h:code/h:originalText/h:reference"),
    "an observation": (ACT, "h:entryRelationship[@typeCode='COMP']/h:observation"),
    "kind of observation": (OBSERVATION, "@classCode='OBS' and @moodCode='EVN'"),
    "templates of an observation": (OBSERVATION, templates(*OWNERS["observation"])),
    "test of an observation": (
        OBSERVATION,
        f"count(h:code)=1 and h:code[@codeSystem='{LOINC}' and @displayName and {among('@code', TESTS)}]",
    ),
    "words of a test": (OBSERVATION, exactly_one("h:code/h:originalText/h:reference")),
    "status of an observation": (
        OBSERVATION,
        among("h:statusCode/@code", ("completed", "aborted", "active", "obsolete")),
    ),
    "time of an observation": (OBSERVATION, "count(h:effectiveTime)=1 and " + shaped("h:effectiveTime/@value", MOMENT)),
    "one value": (OBSERVATION, "count(h:value)=1 and " + among("h:value/@xsi:type", ("CD", "PQ", "IVL_PQ"))),
    "value of the national set": (
        OBSERVATION + "/h:value[@xsi:type='CD']",
        f"@codeSystem='{SNOMED}' and {among('@code', RESULTS)} and not(@nullFlavor)",
    ),
    "no second reading of a value": (OBSERVATION, "not(h:interpretationCode)"),
    "words of a value": (OBSERVATION, exactly_one("h:value/h:originalText/h:reference | h:text/h:reference")),
    "comments are subjects": (OBSERVATION + "/h:entryRelationship", "@typeCode='SUBJ' and h:act"),
    "templates of a comment": (COMMENT, templates(*OWNERS["act"])),
    "code of a comment": (COMMENT, f"h:code[@code='48767-8' and @codeSystem='{LOINC}']"),
    "status of a comment": (COMMENT, "h:statusCode/@code='completed'"),
    "words of a comment": (COMMENT, "h:text/h:reference"),
    "no author of a comment": (COMMENT, "not(h:author)"),
    **TYPE_RULES,
}

_COMPILED = {
    name: (etree.XPath(place, namespaces=NAMESPACES), etree.XPath(f"boolean({rule})", namespaces=NAMESPACES))
    for name, (place, rule) in RULES.items()
}


def is_broken(name: str, root: etree._Element) -> bool:
    """Say whether a rule is broken somewhere in a document."""
    places, holds = _COMPILED[name]
    return not all(holds(place) for place in places(root))


def broken_rules(root: etree._Element) -> list[str]:
    """Return the names of the rules that a document breaks."""
    if root.tag != "{urn:hl7-org:v3}ClinicalDocument":
        return ["not a ClinicalDocument"]
    return [name for name in RULES if is_broken(name, root)]
