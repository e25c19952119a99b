"""No table of medical codes is written in Python: such tables are data, reviewed by people who read no code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from source_code import sources

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import load_outcomes, load_specimens
from temoin.lib.data_file import is_loinc

SNOMED = re.compile(r"[0-9]{6,18}")
LOINC_ANSWER = re.compile(r"LA[0-9]+-[0-9]")
ICD10 = re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?")
TARGETS = frozenset(target.code for kind in load_kinds().values() for target in kind.targets)
OWN_WORDS = TARGETS | frozenset(load_kinds()) | frozenset(load_specimens())
# Tables that stay in code, by the module and the first word of the table, each with its reason.
EXCEPTIONS = {
    "temoin_demo/people.py:35999901": "invented pharmacies of a demonstration, by their FINESS number",
    "temoin_conformance/documents.py:negative": "two results of one example, which is a document and no table",
    "formats/csv/profiles.py:your number of the result: with the laboratory and the test it is the result's identity, "
    "for corrections too": "columns of a file, each with an example for its template",
    "formats/fhir/codes.py:positive": "HL7 v3 ObservationInterpretation: a table of the protocol",
    "formats/handed/hl7_orders.py:ORM": "HL7 v2 table 0354: types of messages, of which O01 and O21 look like ICD-10",
    "formats/hl7v2/order_response.py:ORM": "the same table: which message answers which",
    "temoin_demo/appointments.py:covid19-ag": "for what people of a demonstration have appointments",
    "formats/hl7v2/codes.py:positive": "HL7 v2 table 0078: a table of the protocol",
}


def literal_words(node: ast.AST) -> Iterator[str]:
    return (each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))


def looks_medical(word: str) -> bool:
    shapes = (SNOMED, LOINC_ANSWER, ICD10)
    return is_loinc(word) or any(shape.fullmatch(word) for shape in shapes)


def is_table(node: ast.AST) -> bool:
    """Two codes of a terminology, two of our own tests, or two outcomes that are keys of something."""
    if not isinstance(node, ast.Dict | ast.List | ast.Set | ast.Tuple):
        return False
    words = set(literal_words(node))
    keys = {key.value for key in node.keys if isinstance(key, ast.Constant)} if isinstance(node, ast.Dict) else set()
    return (
        len([word for word in words if looks_medical(word)]) >= 2
        or len(words & OWN_WORDS) >= 2
        or len(keys & set(load_outcomes())) >= 2
    )


def tables() -> set[str]:
    return {
        f"{source.path}:{next(literal_words(node))}"
        for source in sources()
        for node in source.nodes(ast.Dict, ast.List, ast.Set, ast.Tuple)
        if is_table(node)
    }


def test_no_table_of_medical_codes_is_written_in_python():
    assert sorted(tables() - set(EXCEPTIONS)) == []


def test_every_exception_is_still_one():
    assert sorted(set(EXCEPTIONS) - tables()) == []


@pytest.mark.parametrize(
    "table",
    [
        '{"sars-cov-2": "cvdp", "rsv": "rsvp"}',
        '{"positive": "LA6576-8", "negative": "LA6577-6"}',
        '{"95417-2", "95418-0"}',
        '("U07.1", "J10")',
        '[("10828004", "Positif"), ("260385009", "Négatif")]',
        '{"positive": "x", "negative": "y"}',
    ],
)
def test_a_table_of_medical_codes_is_known_by_its_words(table):
    assert is_table(ast.parse(table, mode="eval").body)
