"""The cases and example documents as the documentation publishes them: made from what the trial runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from textwrap import indent
from typing import Any

from temoin.formats.fhir import document
from temoin.formats.hl7v2 import Route, report_message
from temoin_conformance import fhir_cases, hl7_cases
from temoin_conformance.cases import TrialCase
from temoin_conformance.documents import DocumentStory, example_story


def case_lines() -> Iterator[str]:
    yield from ("", "## FHIR", "", *_table(fhir_cases.CASES))
    yield from ("", "## HL7 v2 over MLLP", "", *_table(hl7_cases.CASES))


def example_lines() -> Iterator[str]:
    story = example_story()
    for name, report in _reports(story):
        told = json.dumps(json.loads(document(report)), indent=1, ensure_ascii=False)
        yield from ("", f'??? example "FHIR: {name}"', *_fenced("json", told))
    for name, report in _reports(story):
        told = report_message(report, Route()).decode().replace("\r", "\n").rstrip()
        yield from ("", f'??? example "HL7 v2: {name} (segments end with CR on the line)"', *_fenced("text", told))


def _reports(story: DocumentStory) -> tuple[tuple[str, Any], ...]:
    return ("first version", story.first), ("correction", story.correction), ("cancellation", story.cancellation)


def _table(cases: Sequence[TrialCase[Any]]) -> Iterator[str]:
    yield from ("| case | what is sent | what is expected |", "|---|---|---|")
    for case in cases:
        cells = (cell.replace("|", "\\|") for cell in (case.name, case.sends, case.expects))
        yield f"| {' | '.join(cells)} |"


def _fenced(language: str, text: str) -> Iterator[str]:
    yield from (f"    ```{language}", *indent(text, "    ").split("\n"), "    ```")
