"""Tries every case against an endpoint, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from temoin_conformance import fhir_cases, hl7_cases
from temoin_conformance.cases import FailedError, NotApplicableError, TrialCase, TrialResult, TrialVerdict
from temoin_conformance.documents import make_story
from temoin_conformance.endpoint import Endpoint


def try_endpoint(endpoint: Endpoint) -> Iterator[TrialResult]:
    moment = datetime.now(UTC)  # noqa: TID251 the endpoint's clock is the world's
    story = make_story(moment.replace(microsecond=0))
    if endpoint.scheme in {"http", "https"}:
        yield from _try(fhir_cases.CASES, fhir_cases.FhirDesk(endpoint, story, moment))
    else:
        yield from _try(hl7_cases.CASES, hl7_cases.Hl7Desk(endpoint, story))


def _try(cases: Sequence[TrialCase[Any]], desk: Any) -> Iterator[TrialResult]:
    for case in cases:
        before = len(desk.log)
        try:
            verdict, words = TrialVerdict.PASSED, case.run(desk)
        except FailedError as error:
            verdict, words = TrialVerdict.FAILED, str(error)
        except NotApplicableError as error:
            verdict, words = TrialVerdict.NOT_APPLICABLE, str(error)
        yield TrialResult(case.name, case.sends, case.expects, verdict, words, desk.log[before:])
