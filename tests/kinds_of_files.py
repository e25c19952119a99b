"""Files of every kind that is handed in, made anew here, and the page that tells what becomes of each.

    python tests/kinds_of_files.py

writes `docs/reference/files-tried.md`; a test refuses a page that a run would write otherwise.
"""

from __future__ import annotations

import csv
import io
import os
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import django
import orjson
from django.apps import apps

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "temoin.site.settings")
if not apps.ready:
    django.setup()

from handed_messages import FHIR_BUNDLE, HL7_MESSAGE, as_xml, changed
from import_files import GIVEN_FILES, VALUES

from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.problems import FileRefusedError, RowErrors
from temoin.formats.csv.profiles import OWN_COLUMNS
from temoin.formats.csv.template import template
from temoin.formats.csv.vocabulary import words
from temoin.formats.handed.opening import open_results

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "files-tried.md"
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HEAD = """<!-- Made by tests/kinds_of_files.py from a run: run it again. -->
# Files that were tried

What the reader makes of files of each kind; those of other systems are not part of this repository, for their licences
differ, and stand here under their own names. A row that is read may still be refused when it is stored: another
laboratory, or a result that is known already ([what can be wrong](../integrator.md#what-can-be-wrong)).

| file | profile | rows | taken | refused | reason |
|---|---|---|---|---|---|"""

_OTHER_NAMES = {ours: theirs.capitalize() for theirs, ours in words("columns").items()}
_COLUMNS = list(VALUES)


def simple(*changes: dict[str, str], names: Sequence[str] | None = None) -> bytes:
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(names or _COLUMNS)
    out.writerows([{**VALUES, **change}[name] for name in _COLUMNS] for change in changes or ({},))
    return text.getvalue().encode()


def workbook(*rows: Sequence[str], formula: str = "") -> bytes:
    """Return a workbook whose cells are texts; `formula` goes into its last cell."""
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>" for row in rows
    )
    if formula:
        cells = cells.removesuffix("</c></row>").rpartition("<c")[0] + f"<c><f>{formula}</f><v>1</v></c></row>"
    kept = {
        "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="a" r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<R><Relationship Id="a" Type="x/worksheet" Target="worksheets/s.xml"/></R>',
        "xl/worksheets/s.xml": f"<worksheet><sheetData>{cells}</sheetData></worksheet>",
    }
    return archive(kept)


def archive(parts: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as kept:
        for name, content in parts.items():
            kept.writestr(name, content)
    return stream.getvalue()


_OWN = [column.french for column in OWN_COLUMNS]
_OWN_ROW = [column.example for column in OWN_COLUMNS]
_BOMB = '<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]><worksheet>&d;</worksheet>'
KINDS: dict[str, Callable[[], bytes]] = {
    "template, French, semicolons": lambda: template("fr"),
    "template, English, commas": lambda: template("en", separator=","),
    "template, saved in UTF-16": lambda: template("fr").decode("utf-8-sig").encode("utf-16"),
    "template, saved in Windows-1252 and not said": lambda: template("fr").decode("utf-8-sig").encode("cp1252"),
    "template, tabs for semicolons": lambda: template("fr").replace(b";", b"\t"),
    "template, ends of line of an old Macintosh": lambda: template("fr").replace(b"\r\n", b"\r"),
    "template, a date 07/09/1980": lambda: template("fr").replace(b"1979-03-28", b"07/09/1980", 1),
    "template, a postcode without its zero": lambda: template("fr").replace(b";75011;", b";1300;", 1),
    "template, headings only": lambda: template("fr").splitlines(keepends=True)[0],
    "template, a heading twice": lambda: template("fr").replace(b"pays", b"sexe", 1),
    "template, headings of another program": lambda: template("fr").replace(b"date_naissance", b"D.N. client", 1),
    "workbook of the template": lambda: workbook(_OWN, _OWN_ROW),
    "workbook with a formula": lambda: workbook(_OWN, _OWN_ROW, formula="1+1"),
    "workbook with XML entities": lambda: archive({"xl/workbook.xml": _BOMB}),
    "workbook of LibreOffice (.ods)": lambda: archive({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}),
    "workbook of Excel 97 (.xls)": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
    "SimpleReport, one result": simple,
    "SimpleReport, dates of both orders": lambda: simple({"patient_dob": "20/1/1962"}, {"patient_dob": "1/20/1962"}),
    "SimpleReport, semicolons": lambda: simple().replace(b",", b";"),
    "SimpleReport, values of no list": lambda: simple({"test_result": "maybe", "patient_gender": "W"}),
    "SimpleReport, a test that was not done": lambda: simple({"test_result": "373121007"}),
    "ReportStream's names": lambda: simple(names=[_OTHER_NAMES.get(name, name) for name in _COLUMNS]),
    "list of patients": lambda: b"first_name,last_name,date_of_birth\nAnne,DURAND,1979-03-28\n",
    "a quote never closed": lambda: simple() + b'"',
    "one line of a megabyte": lambda: b"x" * 1_000_000,
    "a million columns": lambda: b"," * 999_999,
    "NUL bytes": lambda: simple({"comment": "a\0b"}),
    "empty": lambda: b"",
    "PDF": lambda: b"%PDF-1.7\n",
    "HTML page named .xls": lambda: b"<html><body><table></table></body></html>",
    "HL7 v2, one result": HL7_MESSAGE.encode,
    "HL7 v2, batch of two, ends of line CR": lambda: _batch(HL7_MESSAGE, HL7_MESSAGE).replace("\n", "\r").encode(),
    "HL7 v2, batch of which one message was lost": lambda: _batch(HL7_MESSAGE, HL7_MESSAGE, told=3).encode(),
    "HL7 v2, 2.3 with the specimen in OBR-15": lambda: _hl7(
        ("|2.5.1", "|2.3"), ("SPM|1", "ZPM|1"), ("|||||||||1013", "||||||||SAL|1013")
    ),
    "HL7 v2, Latin-1 that MSH-18 tells": lambda: _hl7(("|2.5.1", "|2.5.1||||||8859/1"), ("Doe^", "Doë^")),
    "HL7 v2, Latin-1 that nothing tells": lambda: _hl7(("Doe^", "Doë^")),
    "HL7 v2, an order (ORM)": lambda: _hl7(("ORU^R01^ORU_R01", "ORM^O01")),
    "HL7 v2, marked as training": lambda: _hl7(("|77|P|", "|77|T|")),
    "HL7 v2, preliminary, with a measure": lambda: _hl7(("|A|||F|", "|A|||P|"), ("OBX|1|CWE|", "OBX|1|NM|")),
    "HL7 v2, its first line lost": lambda: HL7_MESSAGE.partition("\n")[2].encode(),
    "HL7 v2, a header alone": lambda: b"MSH|^~\\&|LAB\r",
    "FHIR, a Bundle": lambda: orjson.dumps(FHIR_BUNDLE),
    "FHIR, a Bundle in XML": lambda: as_xml(FHIR_BUNDLE),
    "FHIR, loose resources, a line for each": lambda: b"\n".join(
        orjson.dumps(one["resource"]) for one in FHIR_BUNDLE["entry"]
    ),
    "FHIR, two Bundles and a broken line between": lambda: b"\n".join(
        (orjson.dumps(FHIR_BUNDLE), b'{"resourceType', orjson.dumps(FHIR_BUNDLE))
    ),
    "FHIR, a modifierExtension": lambda: orjson.dumps(FHIR_BUNDLE | {"modifierExtension": [{"url": "urn:x"}]}),
    "FHIR, the answer to a search": lambda: orjson.dumps(FHIR_BUNDLE | {"type": "searchset"}),
    "FHIR, cut": lambda: orjson.dumps(FHIR_BUNDLE, option=orjson.OPT_INDENT_2)[:-40],
    "FHIR, XML with entities": lambda: _BOMB.replace("<worksheet>", '<Bundle xmlns="http://hl7.org/fhir">').encode(),
    "JSON that is no FHIR": lambda: b'{"results": []}',
    "ASTM E1394 of an instrument": lambda: b"\x021H|\\^&|||Reader^1|||||||P|1|20261124100000\r",
}


def _hl7(*changes: tuple[str, str]) -> bytes:
    return changed(*changes).encode("latin-1")


def _batch(*messages: str, told: int = 2) -> str:
    return "FHS|^~\\&\nBHS|^~\\&\n" + "".join(messages) + f"BTS|{told}\nFTS|1\n"


# Of other systems: what a run over them gave. The test compares wherever they are at hand.
GIVEN = (
    *("01_standard_example.csv", "03_duplicates.csv", "all-fields.csv", "invalid-values.csv", "t_weird-dates.csv"),
    *("valid-flu-only.csv", "valid-with-escaped-commas.csv", "valid.csv"),
    *("01_single_covid_ag.hl7", "02_batch_two_messages.hl7", "10_marsotc_valid.hl7", "13_marsotc_invalid.hl7"),
    *("20_from_csv_single.hl7", "32_multiplex_AR.hl7", "37_aoe_date_answer.hl7", "62_unknown_segment_SCT.hl7"),
    *("70_orm_v26_wrong_type.hl7", "84_garbled_two_items.hl7"),
    *("03_sr_csv_row_as_fhir.json", "04_sr_csv_six_rows_as_fhir.ndjson", "51_no_patient.fhir", "80_malformed.json"),
    *("Bundle-71Doc-RSV.xml", "Bundle-BundleLabResultReportPOC.json", "bundle-lab-test-results-covid.json"),
    *("covid_pos_input.json", "influenza_named.json"),
    *("openelis_genexpert-result.hl7", "senaite_abbott_afinion2.txt"),
)


def line(name: str, content: bytes) -> str:
    """Return what becomes of a file, as a row of the page."""
    try:
        file = open_results(io.BytesIO(content), rules=CellRules(NOW))
        rows = list(file)
    except FileRefusedError as error:
        return f"| {name} | | | | whole | {error.message('en').split(':')[0].rstrip('.')} (`{error.code}`) |"
    bad = [row for row in rows if isinstance(row, RowErrors)]
    told = dict.fromkeys(f"`{one.column}` {one.code}" for row in bad for one in row.problems)
    reason = ", ".join(list(told)[:4]) + (f" and {len(told) - 4} more" if len(told) > 4 else "")
    return f"| {name} | `{file.profile}` | {len(rows)} | {len(rows) - len(bad)} | {len(bad) or ''} | {reason} |"


def page(given: Sequence[str]) -> str:
    """Return the page; `given` are the lines of other systems' files."""
    made = [line(name, make()) for name, make in KINDS.items()]
    return "\n".join([HEAD, *given, *made]) + "\n"


def _given(name: str) -> bytes:
    return next(GIVEN_FILES.parent.glob(f"*/{name}")).read_bytes()


def given_lines() -> list[str]:
    """Return the lines of other systems' files: of a run where they are at hand, else as the page has them."""
    if GIVEN_FILES.is_dir():
        return [line(f"`{name}`", _given(name)) for name in GIVEN]
    written = PAGE.read_text("utf-8").splitlines()
    return [row for row in written if row.startswith(tuple(f"| `{name}`" for name in GIVEN))]


if __name__ == "__main__":
    PAGE.write_text(page(given_lines()), encoding="utf-8")
