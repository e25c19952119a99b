"""Results handed in whole: patient, test, sample and reading by one call, each with a verdict of its own."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from temoin.api.answers import answer, told_problem
from temoin.api.bodies import MOST_RESULTS, ResultVerdict, ResultVerdicts, WholeResults
from temoin.api.called_results import ReadResult, ResultReader
from temoin.api.near import TELLING, tell_no_further
from temoin.api.parts import NoArrayError, parts_of
from temoin.api.reading import JSON, LARGEST, read_shape
from temoin.intake.problems import RowRefusedError, problem_at
from temoin.intake.whole import TOGETHER, CalledResult, Fate, take_results
from temoin.journal.alerts import note_broken_seal
from temoin.lib.away import is_away
from temoin.lib.errors import DeniedError, TemoinError, refuse
from temoin.pharmacies.program_calls import check_key
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.refused_calls import note_denied_call

log = logging.getLogger("temoin.api")

Run = list[ReadResult]

LARGEST_RESULTS = 16_000_000  # bytes of a call; `temoin web` reads as many here
_RESULTS = "results"
_AWAY = "away"
_FIELDS = {"accession_number": "number", "test_result_status": "status"}  # where a row calls them otherwise


def hand_in(request: HttpRequest, seat: ProgramSeat, body: bytes) -> HttpResponseBase:
    """Take results, each alone: one that is refused keeps no other from being taken.

    Each is known by its own number for as long as its test is kept, so a call which broke off is sent again whole. Many
    are answered while they are taken, so that whoever waits, and whatever stands between, sees it go on.
    """
    check_key(request.headers.get("Idempotency-Key", ""))
    parts, language = _parts(body), get_language() or "fr"
    reader = ResultReader(seat)
    runs = _runs(reader.read(body[slice(*part)]) for part in parts)
    if len(parts) <= TOGETHER:
        verdicts = [verdict for run in runs for verdict in _verdicts(seat, run)]
        return answer(ResultVerdicts(results=verdicts).model_dump(mode="json"))
    # The first are taken before anything is answered: whoever finds the database away then is told so by the status.
    first = _verdicts(seat, next(runs))
    return StreamingHttpResponse(_written(chain([first], _taken(seat, runs, language))), content_type=JSON)


def _parts(body: bytes) -> list[tuple[int, int]]:
    """Return where each result stands; InvalidError where that cannot be told."""
    try:
        parts = parts_of(body, _RESULTS)
    except NoArrayError:
        if len(body) <= LARGEST:
            read_shape(body, WholeResults)  # which tells what is wrong
        raise refuse("", "malformed", _("This is not JSON in UTF-8.")) from None
    if not parts:
        raise refuse(_RESULTS, "required", _("This field is required."))
    if len(parts) > MOST_RESULTS:
        raise refuse(_RESULTS, "too_many", _("There are too many of these: send fewer at a time."))
    return parts


def _runs(results: Iterable[ReadResult]) -> Iterator[Run]:
    """Part results into runs, in their order: those that one commit may take, and each correction by itself."""
    run: Run = []
    keys: set[tuple[str, str]] = set()
    for result in results:
        is_known = isinstance(result.told, CalledResult) and result.key in keys
        if run and (is_known or result.is_alone or run[-1].is_alone or len(run) == TOGETHER):
            yield run
            run, keys = [], set()
        run.append(result)
        keys.add(result.key)
    if run:
        yield run


def _taken(seat: ProgramSeat, runs: Iterator[Run], language: str) -> Iterator[list[ResultVerdict]]:
    """Yield what becomes of each run; once the database is away nothing more is tried, and the rest are told so."""
    is_here = True
    for run in runs:
        verdicts = _unless_away(seat, run, language) if is_here else None
        is_here = verdicts is not None
        yield verdicts or [ResultVerdict(number=one.number, taken=False, error=_AWAY) for one in run]


def _unless_away(seat: ProgramSeat, run: Run, language: str) -> list[ResultVerdict] | None:
    """Take a run in whichever thread goes on with the answer; None where the database is away."""
    with translation.override(language):
        try:
            return _verdicts(seat, run)
        except Exception as error:
            if is_away(error):
                return None
            raise


def _written(verdicts: Iterable[list[ResultVerdict]]) -> Iterator[bytes]:
    yield b'{"results":['
    for number, run in enumerate(verdicts):
        yield (b"," if number else b"") + b",".join(one.model_dump_json().encode() for one in run)
    yield b"]}"


def _verdicts(seat: ProgramSeat, run: Run) -> list[ResultVerdict]:
    """Take a run, and return a verdict for each of its results."""
    called = [one.told for one in run if isinstance(one.told, CalledResult)]
    fates = iter(take_results(by=seat, results=called) if called else [])
    return [_verdict(seat, one.number, next(fates) if isinstance(one.told, CalledResult) else one.told) for one in run]


def _verdict(seat: ProgramSeat, number: str, fate: Fate) -> ResultVerdict:
    if isinstance(fate, Exception):
        return ResultVerdict(number=number, taken=False, **_refused(seat, fate))
    test_id, test_number = fate
    return ResultVerdict(number=number, taken=True, test_id=test_id, test_number=test_number)


def _refused(seat: ProgramSeat, error: Exception) -> dict[str, Any]:
    if isinstance(error, RowRefusedError):
        told = problem_at(0, "", error.code)
        error = refuse(_FIELDS.get(error.column, ""), told.code, f"{told.reason} {told.remedy}")
    if isinstance(error, DeniedError):
        note_denied_call(by=seat, right=str(error))
    if isinstance(error, TELLING):
        tell_no_further(seat, error)
    if not isinstance(error, TemoinError):
        return failed_item(error)
    try:
        told_of = told_problem(error)
    except TemoinError:  # none that a program can mend: a broken seal
        return failed_item(error)
    del told_of["status"]
    return told_of


def failed_item(error: Exception) -> dict[str, Any]:
    """Return what is told of a defect, which is logged by its kind alone."""
    note_broken_seal(error, origin="api")
    incident = secrets.token_hex(4)
    log.error("incident %s: %s", incident, type(error).__name__)
    return {"error": "server_error", "incident": incident}
