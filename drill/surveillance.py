"""After random signatures, corrections and cancellations, the counts kept equal a recount from the records.

    python drill/surveillance.py [--acts N] [--seed N] [--base-port N] [--at-least 1.0]

A demonstration is started: its worker counts by its duties meanwhile, as it does in use. A process with the staff
site's role opens two pharmacies and draws the acts; now and then one with the worker's role counts what changed. At the
end every day of every pharmacy is compared, cell by cell, with a recount from the records, and the outcomes of the two
pharmacies with what the drill wrote down of its own acts. The last line is the share that agrees: 1.000 is exact.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from math import floor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from demonstration import demonstration

from temoin.cli.django_process import become
from temoin.settings.file import Process

TESTS = Path(__file__).parents[1] / "tests"
PORTION = 250  # acts between two counts
OUTCOMES = ("positive", "negative")


def main() -> int:
    """Do the acts, count, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--acts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=15)
    parser.add_argument("--base-port", type=int, default=13440)
    parser.add_argument("--at-least", type=float, default=1.0)
    parser.add_argument("--step", choices=STEPS, help="one step, in a process of its own")
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    if options.step:
        json.dump(STEPS[options.step](options.data, json.load(sys.stdin)), sys.stdout)
        return 0
    with (
        TemporaryDirectory(prefix="temoin-surveillance-") as name,
        demonstration(Path(name), options.base_port) as demo,
    ):
        share = judge(demo.data, options.acts, options.seed)
    print(f"{floor(share * 1000) / 1000:.3f}")
    return 0 if share >= options.at_least else 1


def judge(data: Path, acts: int, seed: int) -> float:
    """Let acts be done and counted by turns; return the share of days and outcomes that agree in the end."""
    told: dict[str, Any] = {"standing": {}, "pharmacies": {}, "done": 0}
    while told["done"] < acts:
        wanted = {**told, "acts": min(PORTION, acts - told["done"]), "seed": seed + told["done"]}
        told = step(data, "acts", wanted)
        counted = step(data, "count", list(told["pharmacies"]))
    expected = Counter(outcome for outcome, _version in told["standing"].values())
    agree = [Counter(counted["outcomes"]) == expected]
    agree += [not counted["differing"]] * counted["days"]
    print(f"{acts} acts; {expected.total()} tests stand: {dict(expected)}; counted: {counted['outcomes']}")
    print(f"{counted['days']} days compared with their records, {counted['differing']} differ")
    return sum(agree) / len(agree)


def step(data: Path, name: str, told: Any) -> Any:
    """Run one step in a process of its own: each has the role of another."""
    words = [sys.executable, __file__, "--step", name, "--data", str(data)]
    done = subprocess.run(words, input=json.dumps(told), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def do_acts(data: Path, told: dict[str, Any]) -> dict[str, Any]:
    """Sign, correct and cancel at random, as the owners of two pharmacies."""
    sys.path.insert(0, str(TESTS))
    become(Process.STAFF, data)
    acts = Acts(random.Random(told["seed"]), told["standing"])  # noqa: S311 the same acts for the same seed
    for _turn in range(told["acts"]):
        acts.do()
    pharmacies = {**told["pharmacies"], **{str(seat.pharmacy_id): True for seat, _lot, _patients in acts.places}}
    return {"standing": acts.all, "pharmacies": pharmacies, "done": told["done"] + told["acts"]}


class Acts:
    """Two pharmacies of their own, and what stands there."""

    def __init__(self, chance: random.Random, before: dict[str, Any]) -> None:
        people = people_of_tests()
        house = open_house_at(chance, people)
        postcodes = ("75007", "20200", "97300", "")
        self.chance, self.before = chance, before
        self.standing: dict[str, Any] = {}
        self.places = [
            (seat, people.make_lot(seat), [people.make_patient(seat, postcode=code) for code in postcodes])
            for seat in (house.owner, house.stranger)
        ]

    @property
    def all(self) -> dict[str, Any]:
        """Return outcome and version of every test that stands, those of former turns too."""
        return {**self.before, **{one: held[:2] for one, held in self.standing.items()}}

    def do(self) -> None:
        """Do one act: of ten, six signatures, three corrections, one cancellation."""
        turn = self.chance.random()
        if turn < 0.6 or not self.standing:
            self._sign()
        elif turn < 0.9:
            self._correct(self.chance.choice(sorted(self.standing)))
        else:
            self._cancel(self.chance.choice(sorted(self.standing)))

    def _sign(self) -> None:
        seat, lot, patients = self.chance.choice(self.places)
        outcome = self.chance.choice(OUTCOMES)
        record_id = people_of_tests().make_signed(seat, self.chance.choice(patients), lot, outcome=outcome)
        self.standing[str(record_id)] = (outcome, 1, seat)

    def _correct(self, one: str) -> None:
        from temoin.testing.queries import read_test
        from temoin.testing.sample import Reading
        from temoin.testing.signing import correct_result

        outcome, version, seat = self.standing[one]
        other = OUTCOMES[outcome == OUTCOMES[0]]
        report = read_test(by=seat, record_id=UUID(one)).report
        assert report is not None  # noqa: S101 it was signed
        reading = Reading(outcomes={"sars-cov-2": other}, read_at=report.read_at)
        correct_result(by=seat, record_id=UUID(one), expected_version=version, reading=reading, reason="Relecture")
        self.standing[one] = (other, version + 1, seat)

    def _cancel(self, one: str) -> None:
        from temoin.testing.signing import cancel_result

        _outcome, version, seat = self.standing.pop(one)
        cancel_result(by=seat, record_id=UUID(one), expected_version=version, reason="Mauvais patient")


def people_of_tests() -> Any:
    """Return the module of the tests that makes pharmacies, people and results."""
    return import_module("people")


def open_house_at(chance: random.Random, people: Any) -> Any:
    """Open two pharmacies under numbers that no earlier turn took."""
    start = 75_100_000 + chance.randrange(800_000)
    numbers, emails = iter(range(start, start + 2)), iter(range(start, start + 99))
    vars(people).update(_finess=numbers, _emails=emails)
    return people.open_house()


def count(data: Path, pharmacies: list[str]) -> dict[str, Any]:
    """Count what changed, then compare all of it with the records."""
    become(Process.WORKER, data)
    from temoin.lib.tenant import tenant_scope
    from temoin.lib.zones import HOUSE, today_in
    from temoin.pharmacies.models import Pharmacy
    from temoin.surveillance.counting import recount_pharmacy, stored_counts

    outcomes: Counter[str] = Counter()
    days = differing = 0
    since = today_in(HOUSE).replace(day=1, month=1)
    for pharmacy in Pharmacy.objects.all():
        found = recount_pharmacy(pharmacy)
        differing += 1 if found is None else len(found)
        with tenant_scope(pharmacy.id):
            stored = stored_counts(since)
        days += len(stored)
        if str(pharmacy.id) in pharmacies:
            outcomes += sum(map(_outcomes, stored.values()), Counter())
    return {"outcomes": dict(outcomes), "days": days, "differing": differing}


def _outcomes(held: Any) -> Counter[str]:
    found: Counter[str] = Counter()
    for cell, times in held.findings.items():
        found[cell.outcome] += times
    return found


STEPS: dict[str, Callable[[Path, Any], Any]] = {"acts": do_acts, "count": count}


if __name__ == "__main__":
    raise SystemExit(main())
