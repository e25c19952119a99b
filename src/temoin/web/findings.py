"""What was read for each target, as pages show it: a sign and words, for colour never carries the meaning alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import get_language

from temoin.catalogue.kinds import Kind
from temoin.catalogue.outcomes import NEGATIVE, POSITIVE, outcome
from temoin.testing.report import Report
from temoin.testing.sample import Reading

_SIGN = {POSITIVE: "+", NEGATIVE: "−"}


@dataclass(frozen=True)
class ReadTarget:
    target: str
    label: str
    code: str
    means: str
    words: str

    @property
    def sign(self) -> str:
        """Return the sign that stands for what the outcome means."""
        return _SIGN.get(self.means, "?")


def findings_of(report: Report, kind: Kind) -> list[ReadTarget]:
    return _read(kind, ((finding.target, finding.outcome) for finding in report.findings))


def findings_to_sign(reading: Reading, kind: Kind) -> list[ReadTarget]:
    return _read(kind, ((target.code, reading.outcomes[target.code]) for target in kind.targets))


def _read(kind: Kind, pairs: Iterable[tuple[str, str]]) -> list[ReadTarget]:
    language = get_language() or "fr"
    found = ((target, outcome(code)) for target, code in pairs)
    return [
        ReadTarget(target, kind.target(target).label(language), read.code, read.means, capfirst(read.label(language)))
        for target, read in found
    ]
