"""What was read for each target, as pages show it: a sign and words, for colour never carries the meaning alone."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import get_language

from temoin.catalogue.kinds import Kind
from temoin.catalogue.outcomes import MEASURED, NEGATIVE, POSITIVE
from temoin.testing.report import Report
from temoin.testing.sample import Reading

_SIGN = {POSITIVE: "+", NEGATIVE: "−", MEASURED: "="}


@dataclass(frozen=True)
class ReadTarget:
    target: str
    label: str
    code: str
    means: str
    words: str
    read: str  # as a form sends it
    note: str  # of a quantity: what the range in which it lies means to the professional
    source: str  # of the ranges

    @property
    def sign(self) -> str:
        """Return the sign that stands for what the outcome means."""
        return _SIGN.get(self.means, "?")


def findings_of(report: Report, kind: Kind) -> list[ReadTarget]:
    return [_read(kind, finding.target, finding.read) for finding in report.findings]


def findings_to_sign(reading: Reading, kind: Kind) -> list[ReadTarget]:
    return [_read(kind, target.code, reading.outcomes[target.code]) for target in kind.targets]


def _read(kind: Kind, code: str, read: str) -> ReadTarget:
    language = get_language() or "fr"
    target = kind.target(code)
    outcome, lies = target.outcome_of(read), target.range_of(read)
    return ReadTarget(
        target=code,
        label=target.label(language),
        code=outcome.code,
        means=outcome.means,
        words=capfirst(target.words_of(read, language)),
        read=read,
        note=lies.label(language) if lies else "",
        source=target.measure.source if target.measure else "",
    )
