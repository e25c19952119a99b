"""What every reader asks of a finding: a quantity where its kind of test measures one, and nowhere else."""

from __future__ import annotations

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import MEASURED
from temoin.lib.quantity import Quantity
from temoin.testing.report import Finding

FRENCH = "fr"


class UnmeasuredError(ValueError):
    """A quantity of a kind of test that measures none in this unit, or none of a kind that measures one."""


def check_measured(kind: str, finding: Finding) -> Finding:
    """Return a finding that was read, of a kind of test by its code; UnmeasuredError when it cannot be one of it."""
    known = load_kinds().get(kind)
    target = next((one for one in known.targets if one.code == finding.target), None) if known else None
    units = {unit.code: unit.loinc for unit in target.measure.units} if target and target.measure else {}
    if bool(units) != (finding.quantity is not None):
        raise UnmeasuredError("a quantity stands where there is none, or is missing")
    if finding.quantity and units.get(finding.quantity.unit) != finding.loinc:
        raise UnmeasuredError("a quantity is in a unit that is not of its code")
    return finding


def told_quantity(quantity: Quantity) -> dict[str, str]:
    """Return what a finding tells of a quantity beside it: no outcome that somebody interpreted."""
    return {"outcome": MEASURED, "snomed": "", "snomed_display": quantity.words(FRENCH)}
