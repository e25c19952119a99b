"""Foreign messages for tests: good ones, changed place by place, and how they are read."""

from __future__ import annotations

import copy
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import quoteattr

from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.reading import FileOfResults, Said
from temoin.formats.csv.rows import ResultRow
from temoin.formats.handed.opening import open_results

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
LABORATORY = "01D1058442"

HL7_MESSAGE = (
    r"""MSH|^~\&|LIS^1.2^ISO|LAB|T|T|20261124090000+0100||ORU^R01^ORU_R01|77|P|2.5.1
PID|1||42^^^LAB^MR||Doe^Jane^Ann^^^^L||19800229|F|||12 Oak Street^^Birmingham^AL^35226^USA||^PRN^PH^^1^205^9992800
ORC|RE
OBR|1|P1|F1|94534-5^SARS-CoV-2 RdRp^LN|||202611240830|||||||||1013012657^Smith^John|||||||||F
OBX|1|CWE|94534-5^SARS-CoV-2 RdRp^LN||260373001^Detected^SCT|||A|||F|||202611240830|||ID NOW^^L||20261124084500||||"""
    f"""My Testing Lab^^^^^CLIA^^^^{LABORATORY}|300 North Street^^Birmingham^AL^35228
NTE|1|L|a \\T\\ b
OBX|2|CWE|95418-0^Employed in healthcare^LN||Y^Yes^HL70136||||||F||||||||||||||||||QST
ZXX|anything
SPM|1|||445297001^Nasal swab^SCT|||||||||||||202611240830
"""
)


def read(content: bytes | str, said: Said = Said()) -> FileOfResults:  # noqa: B008 frozen
    stream = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    return open_results(stream, rules=CellRules(NOW), said=said)


def rows_of(content: bytes | str) -> list[ResultRow | RowErrors]:
    return list(read(content))


def one_row(content: bytes | str) -> ResultRow:
    (row,) = rows_of(content)
    assert isinstance(row, ResultRow), row
    return row


def problems_of(content: bytes | str) -> list[tuple[str, str]]:
    """Return place and code of every problem of a file, in their order."""
    return [(one.column, one.code) for row in rows_of(content) if isinstance(row, RowErrors) for one in row.problems]


def changed(*changes: tuple[str, str], message: str = HL7_MESSAGE) -> str:
    """Return the message with each change made where it is to be made, once."""
    for old, new in changes:
        assert old in message, old
        message = message.replace(old, new, 1)
    return message


def _coded(system: str, code: str, display: str = "") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, **({"display": display} if display else {})}]}


_PARTS: list[dict[str, Any]] = [
    {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": _coded("http://loinc.org", "94534-5"),
        "subject": {"reference": "Patient/p"},
        "issued": "2026-11-24T08:45:00.000+01:00",
        "performer": [{"reference": "Organization/l"}],
        "valueCodeableConcept": _coded("http://snomed.info/sct", "260373001", "Detected"),
        "note": [{"text": "a & b"}],
        "specimen": {"reference": "Specimen/s"},
        "device": {"reference": "Device/d"},
    },
    {
        "resourceType": "Patient",
        "id": "p",
        "name": [{"use": "usual", "family": "Roe"}, {"use": "official", "family": "Doe", "given": ["Jane", "Ann"]}],
        "telecom": [{"system": "email", "value": "jane@example.org"}, {"system": "phone", "value": "205-999-2800"}],
        "gender": "female",
        "birthDate": "1980-02-29",
        "address": [{"line": ["12 Oak Street"], "city": "Birmingham", "state": "AL", "postalCode": "35226"}],
    },
    {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "identifier": [{"value": "F1"}],
        "status": "final",
        "code": _coded("http://loinc.org", "94534-5"),
        "subject": {"reference": "Patient/p"},
        "result": [{"reference": "Observation/o"}],
    },
    {
        "resourceType": "Specimen",
        "id": "s",
        "type": _coded("http://snomed.info/sct", "445297001", "Nasal swab"),
        "collection": {"collectedDateTime": "2026-11-24T08:30:00+01:00"},
    },
    {"resourceType": "Organization", "id": "l", "name": "My Testing Lab", "identifier": [{"value": LABORATORY}]},
    {"resourceType": "Device", "id": "d", "deviceName": [{"name": "ID NOW", "type": "model-name"}]},
]
FHIR_BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"fullUrl": f"urn:uuid:{place}", "resource": part} for place, part in enumerate(_PARTS)],
}


_NAMESPACE = ' xmlns="http://hl7.org/fhir"'


def as_xml(resource: dict[str, Any]) -> bytes:
    """Return a resource of these tests as FHIR writes it in XML."""
    return f'<?xml version="1.0"?>{_element(resource["resourceType"], resource, _NAMESPACE)}'.encode()


def _element(name: str, value: Any, more: str = "") -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if not isinstance(value, dict):
        return f"<{name} value={quoteattr(str(value))}/>"
    inner = "".join(_element(key, one) for key, one in value.items() if key != "resourceType")
    if name == "resource":
        return f"<resource><{value['resourceType']}>{inner}</{value['resourceType']}></resource>"
    return f"<{name}{more}>{inner}</{name}>"


def own_message(finess: str, at: datetime) -> str:
    """Return a message of a pharmacy's own instrument, of a test read a minute before with a lot of Panbio."""
    taken, read_at = (f"{at - timedelta(minutes=ago):%Y%m%d%H%M%S+0000}" for ago in (17, 1))
    return changed(
        (LABORATORY, finess),
        ("|300 North Street^^Birmingham^AL^35228", "|"),
        ("ID NOW^^L", "Panbio COVID-19 Ag Rapid Test^^L"),
        ("OBX|1|CWE|94534-5^SARS-CoV-2 RdRp^LN", "OBX|1|CWE|94558-4^SARS-CoV-2 Ag^LN"),
        ("445297001^Nasal swab", "258500001^Nasopharyngeal swab"),
        ("|||||||||||||202611240830", f"|||||||||||||{taken}"),
        ("202611240830||||||", f"{taken}||||||"),
        ("20261124084500", read_at),
        ("|20261124090000+0100", f"|{read_at}"),
    )


def order_message(number: str, *, control: str = "NW", kind: str = "ORM^O01", test: str = "covid19-ag^TROD^L") -> str:
    """Return an order of a test, as a practice's software sends it."""
    return "\n".join(
        (
            rf"MSH|^~\&|MSS|CABINET|T|T|20261124090000+0100||{kind}|{number}-{control}|P|2.5",
            "PID|1||42^^^MSS^MR||MARTIN^Lou^^^^^L||19800229|F",
            f"ORC|{control}|{number}",
            f"OBR|1|{number}||{test}",
            "",
        )
    )


def own_bundle(finess: str, at: datetime) -> dict[str, Any]:
    """Return a Bundle of a pharmacy's own test, read a minute before with a lot of Panbio."""
    made = copy.deepcopy(FHIR_BUNDLE)
    result, _, report, specimen, laboratory, device = (entry["resource"] for entry in made["entry"])
    result["code"]["coding"][0]["code"] = report["code"]["coding"][0]["code"] = "94558-4"
    result["issued"] = (at - timedelta(minutes=1)).isoformat()
    specimen["type"]["coding"][0]["code"] = "258500001"
    specimen["collection"]["collectedDateTime"] = (at - timedelta(minutes=17)).isoformat()
    laboratory["identifier"][0]["value"] = finess
    device["deviceName"][0]["name"] = "Panbio COVID-19 Ag Rapid Test"
    made["entry"][1]["resource"]["address"][0] |= {"postalCode": "75011", "city": "Paris", "state": "", "country": "FR"}
    made["entry"][1]["resource"]["telecom"] = []
    return made


def result_of_order(finess: str, at: datetime, order: str) -> str:
    """Return the result of an `order_message`, under the filler's own number F1."""
    return changed(
        ("|77|", f"|R-{order}|"),
        ("Doe^Jane^Ann^^^^L||19800229", "MARTIN^Lou^^^^^L||19800229"),
        ("|P1|F1|", f"|{order}|F1|"),
        message=own_message(finess, at),
    )
