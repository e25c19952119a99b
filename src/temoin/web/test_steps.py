"""The three steps of a test as the head of its page draws them, and the times at which its steps were done."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from temoin.testing.queries import TestView
from temoin.testing.report import Report
from temoin.testing.sample import READ, SAMPLED, STARTED, Reading
from temoin.testing.states import RecordState
from temoin.web.wording import STATE, Words

_DONE_WORDS: dict[str, Words] = {SAMPLED: _("Sampled at"), STARTED: _("Clock started at"), READ: _("Read at")}


@dataclass(frozen=True)
class Step:
    tone: str  # done | current | todo | over
    words: Words
    at: datetime | None
    is_now: bool = False


@dataclass(frozen=True)
class Moment:
    """When something was done to a test; `is_typed` when a person wrote the time."""

    label: Words
    at: datetime
    is_typed: bool


def steps_of(test: TestView) -> list[Step]:
    """Return the steps; the one at which a test stands is where the reader's eye goes."""
    return [_registered(test), _sampled(test), _last(test)]


def _registered(test: TestView) -> Step:
    is_now = test.state is RecordState.REGISTERED
    return Step("current" if is_now else "done", _("Registered"), test.registered_at, is_now)


def _sampled(test: TestView) -> Step:
    if test.state is RecordState.SAMPLED:
        return Step("current", _("Sampled"), test.sampled_at, is_now=True)
    return Step("done" if test.sampled_at else "todo", _("Sampled"), test.sampled_at)


def _last(test: TestView) -> Step:
    if test.state is RecordState.ABANDONED:
        return Step("over", STATE[test.state].words, None, is_now=True)
    if test.report is None:
        return Step("todo", STATE[RecordState.SIGNED].words, None)
    return Step("done", STATE[test.state].words, test.report.signed_at, is_now=True)


def moments_of(test: TestView) -> list[Moment]:
    """Return when a test was sampled, started and read, as far as it was."""
    if test.report is None:
        return _moments(_begun(test), test.typed_times)
    return _moments({**_begun(test), READ: test.report.read_at}, test.report.typed_times)


def moments_of_report(report: Report) -> list[Moment]:
    told = {SAMPLED: report.sampled_at, STARTED: report.started_at, READ: report.read_at}
    return _moments(told, report.typed_times)


def moments_to_sign(test: TestView, reading: Reading) -> list[Moment]:
    typed = (*test.typed_times, READ) if reading.is_typed else test.typed_times
    return _moments({**_begun(test), READ: reading.read_at}, typed)


def _begun(test: TestView) -> dict[str, datetime | None]:
    if test.steps is None:
        return {}
    return {SAMPLED: test.steps.sampled_at, STARTED: test.steps.started_at}


def _moments(told: Mapping[str, datetime | None], typed: Container[str]) -> list[Moment]:
    return [Moment(_DONE_WORDS[name], at, name in typed) for name, at in told.items() if at is not None]
