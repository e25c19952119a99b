"""What each code of each standard means for a parcel: the tables, code by code."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from temoin.formats.hl7v2 import POSITIVE, AckCode
from temoin.outbox.courier import Verdict
from temoin.transmission.judging import (
    HL7_CODES,
    HL7_CONDITIONS,
    HTTP_STATUSES,
    ISSUES,
    VERDICT,
    Nature,
    nature_of_hl7,
    nature_of_http,
)

DOCUMENT, PASSING, OPERATOR, UNCLEAR = Nature.DOCUMENT, Nature.PASSING, Nature.OPERATOR, Nature.UNCLEAR


def test_every_nature_has_its_verdict():
    assert VERDICT == {
        DOCUMENT: Verdict.REFUSED,
        OPERATOR: Verdict.POSTPONED,
        PASSING: Verdict.POSTPONED,
        UNCLEAR: Verdict.DOUBTFUL,
    }


@pytest.mark.parametrize("code", sorted(set(AckCode) - POSITIVE))
def test_a_negative_acknowledgement_without_a_reason_is_looked_at_by_a_person(code):
    assert code in HL7_CODES
    assert nature_of_hl7(code, []) is DOCUMENT


@pytest.mark.parametrize(
    ("nature", "conditions"),
    [
        (DOCUMENT, "100 101 102 103 104 198 199 204 205"),
        (OPERATOR, "200 201 202 203"),
        (PASSING, "206 207"),
    ],
)
def test_each_condition_of_table_0357_has_one_nature(nature, conditions):
    assert {nature_of_hl7(AckCode.ERROR, [each]) for each in conditions.split()} == {nature}
    assert {code for code, told in HL7_CONDITIONS.items() if told is nature} == set(conditions.split())


@pytest.mark.parametrize(
    ("conditions", "nature"),
    [
        (["206", "207"], PASSING),
        (["207", "203"], OPERATOR),
        (["207", "203", "101"], DOCUMENT),
        (["207", "Z99"], DOCUMENT),
        ([""], DOCUMENT),
    ],
)
def test_one_error_of_the_document_makes_the_whole_its_own(conditions, nature):
    assert nature_of_hl7(AckCode.REJECT, conditions) is nature


@pytest.mark.parametrize(
    ("nature", "statuses"),
    [
        (DOCUMENT, {400, 413, 416, 418, 422, 424}),
        (OPERATOR, {401, 402, 403, 404, 405, 406, 407, 410, 411, 414, 415, 417, 421, 426, 428, 431, 451}),
        (PASSING, {408, 423, 425, 429}),
        (UNCLEAR, {409, 412}),
    ],
)
def test_each_status_of_a_refusal_has_one_nature(nature, statuses):
    assert {nature_of_http(each) for each in statuses} == {nature}
    assert {status for status, told in HTTP_STATUSES.items() if told is nature} == statuses


@pytest.mark.parametrize("status", [status.value for status in HTTPStatus])
def test_no_status_is_without_a_nature(status):
    expected = OPERATOR if 300 <= status < 400 else HTTP_STATUSES[status] if 400 <= status < 500 else UNCLEAR

    assert nature_of_http(status) is expected


@pytest.mark.parametrize(("status", "nature"), [(499, DOCUMENT), (430, DOCUMENT), (520, UNCLEAR), (299, UNCLEAR)])
def test_a_status_nobody_registered_goes_by_its_class(status, nature):
    assert nature_of_http(status) is nature


@pytest.mark.parametrize(
    ("nature", "issues"),
    [
        (DOCUMENT, "invalid structure required value invariant processing not-supported duplicate multiple-matches"),
        (DOCUMENT, "not-found deleted too-long code-invalid extension too-costly business-rule conflict"),
        (DOCUMENT, "informational success limited-filter never-heard-of"),
        (OPERATOR, "security login unknown expired forbidden suppressed"),
        (PASSING, "transient lock-error no-store exception timeout incomplete throttled"),
    ],
)
def test_each_issue_type_refines_a_refusal(nature, issues):
    assert {nature_of_http(422, [each]) for each in issues.split()} == {nature}
    assert {nature_of_http(500, [each]) for each in issues.split()} == {UNCLEAR}
    assert {nature_of_http(401, [each]) for each in issues.split()} == {OPERATOR}


def test_every_issue_type_of_fhir_r4_is_in_the_table():
    assert len(ISSUES) == 33  # 31 of R4, and success and limited-filter of R5


@pytest.mark.parametrize(
    ("issues", "nature"),
    [(["exception", "invalid"], DOCUMENT), (["exception", "security"], OPERATOR), (["timeout", "throttled"], PASSING)],
)
def test_of_several_issues_the_gravest_counts(issues, nature):
    assert nature_of_http(400, issues) is nature
