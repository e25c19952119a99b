"""When a row is the result already stored, its correction, or a contradiction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from import_files import good

from temoin.intake.problems import RowRefusedError
from temoin.intake.sameness import Content, Sameness, decide, read_at, sampled_at

POSITIVE, NEGATIVE, INVALID = "Detected", "Not Detected", "Invalid Result"


def versions(*results: str) -> list[Content]:
    return [Content.of_row(good(test_result=result)) for result in results]


@pytest.mark.parametrize(
    ("stored", "cancelled", "status", "result", "expected"),
    [
        ([POSITIVE], False, "F", POSITIVE, Sameness.ALREADY_STORED),
        ([POSITIVE], False, "C", POSITIVE, Sameness.ALREADY_STORED),
        ([POSITIVE], False, "F", NEGATIVE, "other_content"),
        ([POSITIVE], False, "C", NEGATIVE, Sameness.CORRECTED),
        ([POSITIVE, NEGATIVE], False, "F", POSITIVE, Sameness.ALREADY_STORED),
        ([POSITIVE, NEGATIVE], False, "C", POSITIVE, "replaced"),
        ([POSITIVE, NEGATIVE], False, "C", INVALID, Sameness.CORRECTED),
        ([POSITIVE, POSITIVE], True, "F", POSITIVE, Sameness.ALREADY_STORED),
        ([POSITIVE, NEGATIVE, NEGATIVE], True, "C", POSITIVE, Sameness.ALREADY_STORED),
        ([POSITIVE, POSITIVE], True, "F", NEGATIVE, "cancelled"),
        ([POSITIVE, POSITIVE], True, "C", NEGATIVE, "cancelled"),
    ],
)
def test_what_a_row_is_to_a_stored_result(stored, cancelled, status, result, expected):
    row = good(test_result=result, test_result_status=status)

    if isinstance(expected, Sameness):
        assert decide(row, versions(*stored), is_cancelled=cancelled) is expected
        return
    with pytest.raises(RowRefusedError) as refused:
        decide(row, versions(*stored), is_cancelled=cancelled)
    assert refused.value.code == expected


@given(
    st.lists(st.sampled_from([POSITIVE, NEGATIVE, INVALID]), min_size=1, max_size=4),
    st.sampled_from([POSITIVE, NEGATIVE, INVALID]),
    st.sampled_from(["", "F", "C"]),
    st.booleans(),
)
def test_reading_a_row_again_right_after_it_was_taken_changes_nothing(stored, result, status, cancelled):
    row = good(test_result=result, test_result_status=status)
    before = versions(*stored)
    try:
        verdict = decide(row, before, is_cancelled=cancelled)
    except RowRefusedError:
        return

    after = [*before, Content.of_row(row)] if verdict is Sameness.CORRECTED else before

    assert decide(row, after, is_cancelled=cancelled) is Sameness.ALREADY_STORED


@pytest.mark.parametrize(
    "change",
    [
        {"comment": "seen twice"},
        {"test_result_date": "12/20/2021 14:05"},
        {"test_result": NEGATIVE},
    ],
)
def test_outcome_comment_and_time_of_the_result_are_content(change):
    assert good(**change).natural_key() == good().natural_key()
    assert not Content.of_row(good()).equals(good(**change))


@pytest.mark.parametrize(
    "change",
    [{"equipment_model_name": "id now"}, {"patient_street": "elsewhere"}, {"patient_email": ""}, {"pregnant": "Y"}],
)
def test_how_a_row_is_written_and_where_the_patient_lives_are_neither(change):
    assert good(**change).natural_key() == good().natural_key()
    assert Content.of_row(good()).equals(good(**change))


@pytest.mark.parametrize("status", ["F", "C"])
def test_another_code_of_the_same_test_makes_no_second_result(status):
    panbio = {"equipment_model_name": "Panbio COVID-19 Ag Rapid Test", "specimen_type": "258500001"}
    stored = good(**panbio, test_performed_code="94558-4")
    row = good(**panbio, test_performed_code="97097-0", test_result_status=status)

    assert row.natural_key() == stored.natural_key()
    assert decide(row, [Content.of_row(stored)], is_cancelled=False) is Sameness.ALREADY_STORED


def test_a_correction_cannot_move_to_another_specimen():
    row = good(test_result_status="C", specimen_type="Throat Swab")

    with pytest.raises(RowRefusedError) as refused:
        decide(row, versions(POSITIVE), is_cancelled=False)

    assert refused.value.code == "other_material"


def test_a_day_without_an_hour_is_the_same_all_day_and_never_turns_the_order_round():
    row = good(test_result_date="12/20/2021", specimen_collection_date="12/20/2021 15:00")

    assert sampled_at(row) == read_at(row)
    assert Content.of_row(good(test_result_date="12/20/2021 23:00")).equals(good(test_result_date="12/20/2021"))
    assert not Content.of_row(good(test_result_date="12/21/2021 1:00")).equals(row)
    early = good(test_result_date="12/20/2021 10:00", specimen_collection_date="12/20/2021")
    assert sampled_at(early) == read_at(early)


def test_content_is_never_shown():
    assert "positive" not in repr(Content.of_row(good()))
