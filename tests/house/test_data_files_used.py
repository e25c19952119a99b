"""Every field of every data file is used by the product, and a field that nobody knows is refused (law 9)."""

from __future__ import annotations

import ast
import copy
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

import pytest
from attributes import attributes_read
from source_code import ROOT, files, located, sources

from temoin.catalogue.advice import build_advice
from temoin.catalogue.billing import build_acts
from temoin.catalogue.controls import build_controls
from temoin.catalogue.kinds import build_kinds, build_loincs, load_kinds, load_loincs
from temoin.catalogue.kits import build_kits
from temoin.catalogue.logigrams import build_logigrams
from temoin.catalogue.outcomes import build_outcomes, build_specimens
from temoin.catalogue.patient_languages import build_language
from temoin.catalogue.questions import build_kind_questions
from temoin.formats.cda.terms import build_terms
from temoin.formats.csv.vocabulary import SECTIONS, build_languages, build_vocabulary
from temoin.formats.fhir.terms import build_german, build_swiss
from temoin.formats.handed.codes import build_codes
from temoin.formats.hcert.dcc_writing import build_dcc_terms
from temoin.formats.hcert.icao import build_transliteration
from temoin.formats.hl7v2.questions import build_questions
from temoin.lib.countries import build_everyday_names
from temoin.lib.data_file import DataFileError, Entry
from temoin.lib.label import PATIENT_LANGUAGES
from temoin.lib.phones import build_plan
from temoin.lib.reviewed import review_of
from temoin.pharmacies.register import build_register_terms
from temoin.pharmacies.zones import build_zones
from temoin.retention.classes import build_classes
from temoin.surveillance.departments import build_country
from temoin.surveillance.sender_rules import build_sender_rules
from temoin.surveillance.thresholds import build_thresholds
from temoin.transmission.rules.loading import build_rule_set
from temoin_sandbox.outcomes import build_outcomes as build_sandbox_outcomes

Built = Callable[[Entry], object]


def reviewed(build: Callable[[Any, Entry], object]) -> Built:
    return lambda file: build(review_of(file), file)


RULES = sorted(path.name for path in (ROOT / "transmission/rules/data").glob("*.toml"))
# How each data file is built; and its tables whose keys are codes or words, hence open.
FILES: dict[str, tuple[Built, str]] = {
    "catalogue/data/acts.toml": (build_acts, "acts"),
    "catalogue/data/advice.toml": (build_advice, "advice"),
    "catalogue/data/controls.toml": (build_controls, "kinds|kits"),
    "catalogue/data/kinds.toml": (lambda file: build_kinds(file, load_loincs()), "chapters|targets|kinds"),
    "catalogue/data/kits.toml": (
        lambda file: build_kits(file, load_kinds()),
        r"kits|unlisted\.reports|kits\.\S+\.reports",
    ),
    "catalogue/data/loincs.toml": (build_loincs, "loincs"),
    "catalogue/data/outcomes.toml": (build_outcomes, "outcomes"),
    **{
        f"catalogue/data/patients/{code}.toml": (
            partial(build_language, code),
            "page|form|headline|message|outcomes|targets|kinds|questions|answers|advice",
        )
        for code in PATIENT_LANGUAGES
    },
    "catalogue/data/logigrams.toml": (
        build_logigrams,
        r"outcomes|medicines|tables|tables\.\S+\.inputs|tables\.\S+\.inputs\.\S+\.any",
    ),
    "catalogue/data/questions.toml": (build_kind_questions, "answers|questions"),
    "catalogue/data/specimens.toml": (build_specimens, "specimens"),
    "formats/cda/data/tests.toml": (reviewed(build_terms), "groups|diseases|tests|results"),
    "formats/csv/data/languages.toml": (build_languages, "languages"),
    "formats/csv/data/vocabulary.toml": (build_vocabulary, r"(?!states$)\w+|states\.\w+"),
    "formats/fhir/data/ch_elm.toml": (reviewed(build_swiss), "names"),
    "formats/fhir/data/demis.toml": (reviewed(build_german), "categories|outcomes"),
    "formats/handed/data/codes.toml": (
        reviewed(build_codes),
        r"outcomes\.\w+|specimens\.\w+|outcomes|specimens|interpretations|measures|addresses|countries",
    ),
    "formats/hcert/data/dcc.toml": (build_dcc_terms, "targets|tests|results"),
    "formats/hcert/data/icao.toml": (build_transliteration, "letters"),
    "formats/hl7v2/data/questions.toml": (reviewed(build_questions), "questions"),
    "lib/data/countries.toml": (build_everyday_names, "names|shared"),
    "lib/data/french_numbering.toml": (build_plan, "prefixes|postcodes"),
    "pharmacies/data/register.toml": (build_register_terms, "systems|professions|names"),
    "pharmacies/data/zones.toml": (build_zones, "zones"),
    "retention/data/classes.toml": (build_classes, "classes"),
    "surveillance/data/departments.toml": (build_country, ""),
    "surveillance/data/senders.toml": (build_sender_rules, "rules"),
    "surveillance/data/thresholds.toml": (build_thresholds, "rules"),
    **{f"transmission/rules/data/{name}": (build_rule_set, "bases") for name in RULES},
}
# The sandbox imports no room, and so reads its files by itself.
APART = {"temoin_sandbox/data/outcomes.toml", "temoin_sandbox/data/register.toml"}
# Fields that templates alone read, and where: a word of theirs.
SHOWN: dict[str, str] = {
    "PatientLanguage.locale": "one.locale",
}


def content(path: str) -> dict[str, Any]:
    return tomllib.loads(located(path).read_text("utf-8"))


def built(path: str, values: dict[str, Any]) -> object:
    return FILES[path][0](Entry(path, "file", values))


def tables(values: object, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to each table of a file, the file itself first."""
    if isinstance(values, dict):
        yield above
    found = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for name, value in found:
        yield from tables(value, (*above, name))


def test_every_data_file_is_named_here():
    kinds = {".toml", ".json", ".csv", ".yaml", ".yml", ".ini", ".tsv"}
    found = {name for name, path in files("*") if path.suffix in kinds}

    assert found == FILES.keys() | APART


@pytest.mark.parametrize("path", FILES)
def test_a_field_that_nobody_knows_is_refused_in_every_table(path: str):
    closed = [way for way in tables(content(path)) if not re.fullmatch(FILES[path][1], ".".join(map(str, way)))]

    for way in closed:
        values = copy.deepcopy(content(path))
        table: Any = values
        for step in way:
            table = table[step]
        table["nobody-knows"] = "x"
        with pytest.raises(DataFileError, match="nobody-knows"):
            built(path, values)


def test_the_sandbox_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="nothing else"):
        build_sandbox_outcomes({**content("temoin_sandbox/data/outcomes.toml"), "nobody-knows": "x"})


def records(value: object) -> Iterator[type]:
    """Yield the class of each record in what was built of a file."""
    if is_dataclass(value) and not isinstance(value, type):
        yield type(value)
        yield from (one for field in fields(value) for one in records(getattr(value, field.name)))
    elif isinstance(value, Mapping):
        yield from (one for each in value.values() for one in records(each))
    elif isinstance(value, tuple | list | set | frozenset):
        yield from (one for each in value for one in records(each))


RECORDS = sorted(
    {record for path in FILES for record in records(built(path, content(path)))}, key=lambda record: record.__qualname__
)
FIELDS = sorted({f"{record.__name__}.{field.name}" for record in RECORDS for field in fields(record)})


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_a_record_is_read_by_the_product(field: str):
    record, _, name = field.partition(".")

    if field in SHOWN:
        assert SHOWN[field] in {word for path in ROOT.rglob("*.html") for word in path.read_text("utf-8").split()}
    else:
        assert (record, name) in attributes_read()


def test_no_field_is_said_to_be_shown_only_that_the_code_reads():
    assert [field for field in SHOWN if tuple(field.split(".")) in attributes_read()] == []


def test_every_section_of_the_vocabulary_is_looked_into():
    literals = Counter(
        node.value
        for source in sources()
        if source.path.startswith("formats/csv/") and source.path != "formats/csv/vocabulary.py"
        for node in source.nodes(ast.Constant)
        if isinstance(node.value, str)  # type: ignore[attr-defined]
    )
    here = {"zones", "clocks", "states"}  # by `find_zone`, `find_clock` and `states`

    assert [section for section in (*SECTIONS, "states") if section not in here and not literals[section]] == []
