"""What is given at each step of a test, and the rules it must meet; times are aware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from temoin.catalogue.kinds import Kind
from temoin.catalogue.kits import CountsFrom, Kit, kit
from temoin.catalogue.models import Lot
from temoin.catalogue.usable import TROUBLE_WORDS, LotTrouble, is_recalled, lot_problems
from temoin.lib.clock import now
from temoin.lib.errors import InvalidError, Problem, refuse
from temoin.lib.handed import Handed
from temoin.lib.typed import typed_lines
from temoin.lib.zones import day_of
from temoin.pharmacies.zones import zone_here
from temoin.testing.measured import quantity_problem, read_quantities
from temoin.testing.report import Device
from temoin.testing.settings import Counter

COUNTER: Handed[Counter] = Handed("spans of the counter")

# A browser's clock may run ahead of ours by this much before "in the future" is worth saying.
TOLERANCE = timedelta(minutes=2)
SAMPLED, STARTED, READ = "sampled_at", "started_at", "read_at"  # times that a person may type


@dataclass(frozen=True)
class Sample:
    """The sample taken: from a lot in stock at the counter, or with the device that a file names."""

    specimen: str
    sampled_at: datetime
    lot_id: UUID | None = None
    device: Device | None = None
    is_typed: bool = False  # the time was typed, as opposed to *Now*


@dataclass(frozen=True)
class Start:
    """The moment at which the sample was put on the kit: a strip dipped, drops let fall on a cassette."""

    started_at: datetime
    is_typed: bool = False


@dataclass(frozen=True)
class Steps:
    """When a test was sampled, and when its kit was started, as far as that was told."""

    sampled_at: datetime
    started_at: datetime | None = None

    def clock_start(self, kit: Kit) -> datetime | None:
        """Return the moment from which the kit's reading window counts; None while it is asked for."""
        if self.started_at is None and kit.counts_from is CountsFrom.START:
            return None
        return self.started_at or self.sampled_at


@dataclass(frozen=True)
class Reading:
    """What was read, by target code, and when."""

    outcomes: Mapping[str, str]  # the code of an outcome, or a quantity as it was typed, with its unit
    read_at: datetime
    comment: str = ""
    is_typed: bool = False
    medicine: str = ""  # delivered with the result, by its code in the logigrams; "" for none


def check_sample(sample: Sample, kind: Kind, lot: Lot | None, birth_date: date) -> None:
    """Raise InvalidError when the sample cannot be true or the kit must not be used."""
    problems = []
    if sample.sampled_at > now() + TOLERANCE:
        problems.append(Problem("sampled_at", "future", _("The sampling time is in the future: check it.")))
    if day_of(sample.sampled_at, zone_here()) < birth_date:
        problems.append(Problem("sampled_at", "before_birth", _("The sampling time is before the patient's birth.")))
    if not _may_take(sample, kind, lot):
        problems.append(
            Problem("specimen", "not_allowed", _("This test is not done on this specimen: choose another."))
        )
    if sample.lot_id is not None:
        problems += _lot_problems(lot, kind, sample.sampled_at)
    elif sample.device is None:
        problems.append(Problem("lot", "required", _("Choose the kit lot used.")))
    if problems:
        raise InvalidError(problems)


def _may_take(sample: Sample, kind: Kind, lot: Lot | None) -> bool:
    if sample.device is not None:
        return True  # a file's own laboratory answers for what it put on a device that we do not know
    known = {taken.code for taken in kit(lot.kit).specimens} if lot is not None else set()
    if known and sample.specimen not in known:
        return False
    return kind.allows_specimen(sample.specimen)


def _lot_problems(lot: Lot | None, kind: Kind, sampled_at: datetime) -> list[Problem]:
    if lot is None:
        return [Problem("lot", "unknown", _("This lot is not in the pharmacy's stock: choose one in the list."))]
    used = kit(lot.kit)
    if used.is_known and used.kind != kind.code:
        return [Problem("lot", "wrong_kit", _("This lot's kit is for another test: choose one in the list."))]
    return lot_problems(lot, day_of(sampled_at, zone_here()))


def clean_reading(reading: Reading, kind: Kind, kit: Kit | None) -> Reading:
    """Return the reading with its comment and its quantities as they are kept."""
    comment = typed_lines("comment", reading.comment, of="RecordVersion")
    return replace(reading, comment=comment, outcomes=read_quantities(reading.outcomes, kind, kit))


def check_lot_stands(lot: Lot | None) -> None:
    """Raise InvalidError when the lot of a test under way was recalled, or controlled with a wrong result, since.

    So it does when the catalogue lost its kit: a result names the device as the catalogue knows it.
    """
    if lot is None:
        return
    if not kit(lot.kit).is_known:
        raise refuse("lot", LotTrouble.UNKNOWN_KIT.value, TROUBLE_WORDS[LotTrouble.UNKNOWN_KIT])
    if is_recalled(lot):
        message = _("This lot was recalled since the sample: take the sample back, and test again with another lot.")
        raise InvalidError([Problem("lot", "recalled", message)])
    if lot.control_failed:
        message = _("A control of this lot was wrong since: take the sample back, and test again with another lot.")
        raise InvalidError([Problem("lot", "control_failed", message)])


def check_order(sample: Sample, lot: Lot | None, registered_at: datetime) -> None:
    """Raise InvalidError when a test of the counter was sampled long before it was registered and agreed to."""
    keeps = kit(lot.kit).sample_keeps if lot is not None else timedelta()
    if sample.sampled_at < registered_at - max(COUNTER().before_registration, keeps):
        message = _("The sampling time is too long before the registration of this test: check it, or register anew.")
        raise InvalidError([Problem("sampled_at", "before_registration", message)])


def check_start(start: Start, sampled_at: datetime) -> None:
    """Raise InvalidError when the reading clock cannot have started then."""
    if start.started_at > now() + TOLERANCE:
        message = _("The start of the reading clock is in the future: check it.")
        raise InvalidError([Problem(STARTED, "future", message)])
    # A form holds minutes: the minute of the sample is not before it.
    if start.started_at < sampled_at.replace(second=0, microsecond=0):
        message = _("The reading clock started before the sample was taken: check both times.")
        raise InvalidError([Problem(STARTED, "before_sample", message)])


def check_entry(reading: Reading, kit: Kit | None, steps: Steps, *, entered_at: datetime | None = None) -> None:
    """Raise InvalidError when what is outside a span of the kit goes without a reason in the comment.

    A reading is entered now, or when a program proposed it.
    """
    begun = steps.clock_start(kit) if kit is not None else None
    if kit is None or begun is None or reading.comment:
        return
    if _is_late(begun, kit, entered_at or now()):
        message = _("The reading time is over: say in the comment why this reading is entered so late.")
        raise InvalidError([Problem("comment", "late_entry", message)])
    if kit.sample_keeps and begun - steps.sampled_at > kit.sample_keeps:
        message = _("The sample stood longer than the kit allows: say in the comment how it was kept.")
        raise InvalidError([Problem("comment", "stood_long", message)])


def _is_late(begun: datetime, kit: Kit, entered_at: datetime) -> bool:
    if kit.read_before_minutes is None:
        return False
    over = begun + timedelta(minutes=kit.read_before_minutes + 1)
    return entered_at >= over + COUNTER().late_entry


def check_reading(reading: Reading, kind: Kind, kit: Kit | None, steps: Steps) -> None:
    """Raise InvalidError when a target has no result, or the kit was read outside its window.

    `kit` is None for a result that a file brings: its own laboratory answers for the window.
    """
    problems = _outcome_problems(reading, kind, kit)
    if reading.read_at > now() + TOLERANCE:
        problems.append(Problem("read_at", "future", _("The reading time is in the future: check it.")))
    elif reading.read_at < steps.sampled_at:
        problems.append(Problem("read_at", "before_sample", _("The result was read before the sample was taken.")))
    elif kit is not None:
        problems += _window_problems(reading.read_at, kit, steps.clock_start(kit))
    if problems:
        raise InvalidError(problems)


def _outcome_problems(reading: Reading, kind: Kind, kit: Kit | None) -> list[Problem]:
    problems = []
    for target in kind.targets:
        outcome = reading.outcomes.get(target.code, "")
        if target.measure:
            problems += [problem] if (problem := quantity_problem(outcome, target, kit)) else []
        elif not outcome:
            problems.append(Problem(f"outcome-{target.code}", "required", _("Choose the result read for this target.")))
        elif not target.allows(outcome):
            problems.append(
                Problem(f"outcome-{target.code}", "unknown", _("This result does not exist for this target."))
            )
    if set(reading.outcomes) - {target.code for target in kind.targets}:
        problems.append(Problem("outcomes", "unknown", _("A result was given for something this test does not read.")))
    return problems


def _window_problems(read_at: datetime, kit: Kit, begun: datetime | None) -> list[Problem]:
    if begun is None:
        message = _("The reading clock was not started: put the sample on the kit, then start it.")
        return [Problem(STARTED, "required", message)]
    elapsed = read_at - begun
    if kit.read_after_minutes is not None and elapsed < timedelta(minutes=kit.read_after_minutes):
        message = ngettext_lazy(
            "Too early: this kit is read %(minutes)d minute after its start, not before.",
            "Too early: this kit is read %(minutes)d minutes after its start, not before.",
            kit.read_after_minutes,
        )
        return [Problem("read_at", "too_early", message % {"minutes": kit.read_after_minutes})]
    # The limit counts whole minutes, as the leaflet does: 20:40 after the start is still the 20th minute.
    if kit.read_before_minutes is not None and elapsed >= timedelta(minutes=kit.read_before_minutes + 1):
        message = ngettext_lazy(
            "Too late: this kit must be read within %(minutes)d minute. Test again with a new kit.",
            "Too late: this kit must be read within %(minutes)d minutes. Test again with a new kit.",
            kit.read_before_minutes,
        )
        return [Problem("read_at", "too_late", message % {"minutes": kit.read_before_minutes})]
    return []
