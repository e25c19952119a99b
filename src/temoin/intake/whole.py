"""Results of a program's call, taken together: what is known of them is asked once, and one commit writes them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from temoin.crypto.envelope import SealBrokenError
from temoin.intake.problems import RowRefusedError
from temoin.intake.resent import take_again, wait_for_others
from temoin.journal.act import Acts, acts_together
from temoin.lib.away import is_away
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.patients.queries import Found, check_stands, hold_patients
from temoin.patients.together import PatientsTogether
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.programs import ProgramSeat
from temoin.testing.sent import SentResult, find_all_sent
from temoin.testing.whole import ProposedTogether, WholeTest

log = logging.getLogger("temoin.intake")

TOGETHER = (
    100  # results of one commit: whoever registers at the counter waits for one no longer than a third of a second
)


@dataclass(frozen=True, kw_only=True, repr=False)
class CalledResult:
    """A result of a call: whose it is, a record or somebody to register, and its test."""

    number: str
    person: UUID | Traits
    put_aside: Collection[UUID]
    test: WholeTest
    is_correction: bool = False

    @property
    def key(self) -> str:
        """Return what it is known by."""
        return self.test.said.key


Taken = tuple[UUID, str]  # the test, and the number on its label
Fate = Taken | Exception


def take_results(*, by: ProgramSeat, results: Sequence[CalledResult]) -> list[Fate]:
    """Take results of different keys, and return the test of each, or why it was refused, in their order.

    One that was handed in before, however long ago, is told again. A correction comes alone. Raises where the database
    is away, with nothing kept.
    """
    check_right(by=by, right=Right.PROPOSE_RESULT)
    if len(results) > 1:
        try:
            return _in_one_commit(by, results)
        except (ConflictError, SealBrokenError):
            pass  # a row changed meanwhile, or cannot be opened: the others are taken
        except Exception as error:
            if is_away(error):
                raise
            log.warning("%d results of a call are taken one by one: %s", len(results), type(error).__name__)
    return [_fate(partial(_alone, by, result)) for result in results]


def _alone(by: ProgramSeat, result: CalledResult) -> Taken:
    (fate,) = _in_one_commit(by, [result])
    if isinstance(fate, Exception):
        raise fate
    return fate


def _in_one_commit(by: ProgramSeat, results: Sequence[CalledResult]) -> list[Fate]:
    with acts_together(by=by) as acts:
        wait_for_others(by, [(result.number, None) for result in results])
        sent = find_all_sent(by=by, keys={result.key for result in results})
        new = [result for result in results if result.key not in sent and not result.is_correction]
        run = _Run(by, new)
        return [_fate(partial(run.take, acts, result, sent.get(result.key))) for result in results]


def _fate(take: Callable[[], Taken]) -> Fate:
    """Return what became of one result: whatever it brings about, the others are taken."""
    try:
        return take()
    except Exception as error:
        if is_away(error):
            raise
        return error


class _Run:
    """Results within the transaction that takes them; `new` are those of which nothing is known."""

    def __init__(self, by: ProgramSeat, new: Sequence[CalledResult]) -> None:
        self._by = by
        self._held = hold_patients([one.person for one in new if isinstance(one.person, UUID)])
        self._people = PatientsTogether([one.person for one in new if isinstance(one.person, Traits)])
        lots = [one.test.sample.lot_id for one in new if one.test.sample.lot_id]
        self._tests = ProposedTogether(by, count=len(new), lots=lots)

    def take(self, acts: Acts, result: CalledResult, sent: SentResult | None) -> Taken:
        if sent is not None:
            check_right(by=self._by, right=Right.REGISTER_TEST)  # whose number it tells
            test = result.test
            take_again(self._by, sent, test.said, is_correction=result.is_correction, reading=test.reading)
            return sent.id, sent.number
        if result.is_correction:
            raise RowRefusedError("test_result_status", "never_sent")
        own = Acts(self._by)
        patient = self._patient(own, result)
        taken = self._tests.propose(own, patient, result.test)
        acts.add(own)
        self._people.keep(patient)
        return taken

    def _patient(self, acts: Acts, result: CalledResult) -> Found:
        if isinstance(result.person, Traits):
            return self._people.register(acts, by=self._by, traits=result.person, put_aside=result.put_aside)
        known = self._held.get(result.person)
        if known is None:
            raise NotFoundError
        check_stands(known)
        return known.id, known.traits
