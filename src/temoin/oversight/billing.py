"""What a period's tests may be billed for: a line for each, by the version that stands, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from temoin.catalogue.billing import Act, Performed, Price, load_acts
from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.oversight.results import NamedTest, stream_tests
from temoin.oversight.signed_tests import ResultFilter, ResultSays, SignedTest, each_test
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, pharmacy_of

_DAY = len("2026-11-30")
OVERSEAS = ("97", "98")  # how their postcodes begin


@dataclass(frozen=True)
class Charge:
    """What a test may be billed for: its act, and each price that may hold."""

    kind: str
    act: Act | None
    prices: tuple[Price, ...]

    @property
    def amounts(self) -> tuple[int, ...]:
        """Return each amount that may be right, in cents: one where it is certain, none where nobody knows."""
        return tuple(sorted({price.cents for price in self.prices}))

    @property
    def certain(self) -> int | None:
        """Return the amount, where only one can be right."""
        return self.amounts[0] if len(self.amounts) == 1 else None


@dataclass(frozen=True)
class BillLine:
    """A test to bill, its patient, and its charge."""

    named: NamedTest
    charge: Charge


@dataclass(frozen=True)
class ChargedAlike:
    """Tests of one kind with the same charge."""

    charge: Charge
    count: int

    @property
    def least(self) -> int:
        """Return what they come to at least, in cents."""
        return self.count * min(self.charge.amounts, default=0)

    @property
    def most(self) -> int:
        """Return what they come to at most."""
        return self.count * max(self.charge.amounts, default=0)


@dataclass
class Bill:
    """What the tests of a period come to, and those that are no matter of a bill."""

    alike: dict[tuple[str, str, tuple[int, ...]], ChargedAlike] = field(default_factory=dict)
    void: int = 0
    elsewhere: int = 0  # made by a laboratory

    @property
    def groups(self) -> list[ChargedAlike]:
        """Return what is charged alike, in the order of acts and kinds."""
        return [self.alike[key] for key in sorted(self.alike)]

    @property
    def certain(self) -> int:
        """Return the sum of the certain amounts, in cents."""
        return sum(one.least for one in self.alike.values() if one.charge.certain is not None)

    @property
    def to_choose(self) -> int:
        """Return how many tests have several prices that may hold."""
        return sum(one.count for one in self.alike.values() if len(one.charge.amounts) > 1)

    @property
    def least(self) -> int:
        """Return what all come to at least."""
        return sum(one.least for one in self.alike.values())

    @property
    def most(self) -> int:
        """Return what all come to at most."""
        return sum(one.most for one in self.alike.values())

    @property
    def left_out(self) -> int:
        """Return how many tests are no matter of a bill."""
        return self.void + self.elsewhere

    def add(self, test: SignedTest, *, is_overseas: bool) -> None:
        """Count a test."""
        if test.says is ResultSays.VOID:
            self.void += 1
        elif test.told["laboratory"]:
            self.elsewhere += 1
        else:
            charge = charge_of(test, is_overseas=is_overseas)
            key = (charge.act.name if charge.act else "", charge.kind, charge.amounts)
            known = self.alike.get(key)
            self.alike[key] = ChargedAlike(charge, known.count + 1 if known else 1)


def read_bill(*, by: Seat, wanted: ResultFilter) -> Bill:
    """Return what the filter's tests come to; InvalidError for its days. No patient is shown: it is no look."""
    check_right(by=by, right=Right.BILL_TESTS)
    wanted.check()
    bill, is_overseas = Bill(), _is_overseas(by)
    for test in each_test(by=by, wanted=wanted):
        bill.add(test, is_overseas=is_overseas)
    return bill


def export_bill(*, by: Seat, wanted: ResultFilter) -> Iterator[BillLine]:
    """Record the export, then yield a line for each test to bill; they are read while they are sent."""
    check_right(by=by, right=Right.BILL_TESTS)
    wanted.check()
    record_look(by=by, kind=EventKind.BILLING_EXPORTED, subject_kind="pharmacy", subject_id=None, detail=wanted.told)
    is_overseas = _is_overseas(by)
    return (
        BillLine(named, charge_of(named.test, is_overseas=is_overseas))
        for named in stream_tests(by=by, wanted=wanted)
        if named.test.says is not ResultSays.VOID and not named.test.told["laboratory"]
    )


def charge_of(test: SignedTest, *, is_overseas: bool) -> Charge:
    """Return what a test may be billed for."""
    says = test.says.value if test.says in {ResultSays.POSITIVE, ResultSays.NEGATIVE} else ""
    performed = Performed(
        kind=test.told["kind"],
        day=date.fromisoformat(test.told["sampled_at"][:_DAY]),  # on the pharmacy's clock, as it was signed
        says=says,
        is_prescribed=bool(test.told["prescriber"]),
        is_overseas=is_overseas,
    )
    book = load_acts()
    return Charge(performed.kind, book.act_for(performed), book.prices_for(performed))


def _is_overseas(by: Seat) -> bool:
    return pharmacy_of(by).postcode.startswith(OVERSEAS)
