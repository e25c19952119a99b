"""The tables of medical codes of the formats: each says its source and review, and a wrong one is refused by name."""

from __future__ import annotations

from importlib import resources

import pytest

from temoin.catalogue.advice import load_advice
from temoin.catalogue.billing import load_acts
from temoin.catalogue.controls import load_controls
from temoin.catalogue.kits import load_kits
from temoin.catalogue.logigrams import load_logigrams
from temoin.catalogue.patient_languages import patient_languages
from temoin.catalogue.questions import load_kind_questions
from temoin.cli.check import doubt_lines, table_lines, unsure_lines
from temoin.formats.cda.terms import build_terms, load_terms
from temoin.formats.fhir.terms import build_german, build_swiss, german_terms, swiss_terms
from temoin.formats.handed.codes import build_codes, load_codes
from temoin.formats.hl7v2.questions import build_questions, load_questions
from temoin.formats.reviewed import parse_reviewed
from temoin.lib.data_file import DataFileError, parse_data
from temoin.surveillance.sender_rules import load_sender_rules

TABLES = {
    ("cda", "tests.toml"): (build_terms, load_terms),
    ("fhir", "demis.toml"): (build_german, german_terms),
    ("fhir", "ch_elm.toml"): (build_swiss, swiss_terms),
    ("handed", "codes.toml"): (build_codes, load_codes),
    ("hl7v2", "questions.toml"): (build_questions, load_questions),
}
SPOILT = [
    ("fhir", "demis.toml", '"rsv" = "rsvp"', '"rvs" = "rsvp"', "categories.rvs"),
    ("fhir", "demis.toml", "[outcomes.negative]", "[outcomes.absent]", "outcomes.absent"),
    ("fhir", "demis.toml", 'snomed = "121276004"', 'snomed = "antigen"', "snomed"),
    ("fhir", "ch_elm.toml", '"rsv" = "initials"', '"rsv" = "half"', "names"),
    ("fhir", "ch_elm.toml", '"FL",', '"FL", "FL",', "cantons"),
    ("handed", "codes.toml", 'POS = "positive"', 'POS = "yes"', "outcomes"),
    ("handed", "codes.toml", 'SAL = "saliva"', 'SAL = "spit"', "specimens"),
    ("handed", "codes.toml", '"94745-7"', '"94745-8"', "measures.94745-8"),
    ("hl7v2", "questions.toml", '"95417-2"', '"95417-3"', "questions.95417-3"),
]


def text_of(room: str, name: str) -> str:
    return resources.files(f"temoin.formats.{room}").joinpath("data", name).read_text("utf-8")


@pytest.mark.parametrize(("room", "name"), TABLES)
def test_a_table_says_its_source_and_its_review(room, name):
    review = TABLES[room, name][1]().review

    assert review.source
    assert review.by
    assert review.on


@pytest.mark.parametrize(("room", "name"), TABLES)
@pytest.mark.parametrize("line", ['unknown = "x"\n', "[unknown]\n"])
def test_a_table_with_an_unknown_key_is_refused(room, name, line):
    text = text_of(room, name)
    spoilt = line + text if line.endswith('"\n') else text + line

    with pytest.raises(DataFileError, match="unknown"):
        TABLES[room, name][0](*parse_reviewed(name, spoilt))


@pytest.mark.parametrize(("room", "name"), TABLES)
@pytest.mark.parametrize("field", ["review", "source"])
def test_a_table_without_source_or_review_is_refused(room, name, field):
    lines = [line for line in text_of(room, name).splitlines() if not line.startswith(f"{field} =")]

    with pytest.raises(DataFileError, match=f"{field}: is missing"):
        parse_reviewed(name, "\n".join(lines))


@pytest.mark.parametrize(("room", "name", "right", "wrong", "place"), SPOILT)
def test_a_wrong_table_is_refused_by_the_name_of_the_field(room, name, right, wrong, place):
    text = text_of(room, name)
    assert right in text

    with pytest.raises(DataFileError) as refused:
        TABLES[room, name][0](*parse_reviewed(name, text.replace(right, wrong)))

    assert place in str(refused.value)


def test_the_check_of_a_set_up_names_each_table_that_nobody_reviewed():
    loaded = [
        load_acts(),
        load_advice(),
        load_controls(),
        load_kits(),
        load_kind_questions(),
        load_logigrams(),
        load_sender_rules(),
        *patient_languages().values(),
        *(load() for _, load in TABLES.values()),
    ]

    assert len(table_lines()) == len([one for one in loaded if one.review.is_placeholder])
    assert len(doubt_lines()) == len([act for act in load_acts().acts if act.doubt])


def test_the_check_of_a_set_up_repeats_what_an_entry_says_nobody_compared():
    lines = unsure_lines()
    told = [one.unsure for one in (*load_kind_questions().entries.values(), *load_logigrams().medicines.values())]
    told += [row.unsure for table in load_logigrams().tables.values() for row in table.rows]

    assert len(lines) == len([words for words in told if words])
    assert all(any(line.endswith(words) for line in lines) for words in told if words)


def test_a_number_of_thousands_of_digits_is_refused_by_the_name_of_its_file():
    with pytest.raises(DataFileError, match=r"x\.toml.*is not TOML"):
        parse_data("x.toml", f"big = {'9' * 5000}")
