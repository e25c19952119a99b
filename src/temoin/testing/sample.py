"""What is given at each step of a test, and the rules it must meet; times are aware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from temoin.catalogue.kinds import Kind
from temoin.catalogue.kits import Kit, kit
from temoin.catalogue.models import Lot
from temoin.lib.clock import now
from temoin.lib.errors import InvalidError, Problem
from temoin.lib.typed import typed_lines
from temoin.lib.zones import day_of
from temoin.pharmacies.zones import zone_here
from temoin.testing.report import Device

LONGEST_COMMENT = 1000
# A browser's clock may run ahead of ours by this much before "in the future" is worth saying.
TOLERANCE = timedelta(minutes=2)
# A sample may be taken, at most this long, before the patient is registered: a swab first, the papers after.
BEFORE_REGISTRATION = timedelta(minutes=30)
# Between the last minute of reading and its entry: the review and the signature take their time.
ENTRY = timedelta(minutes=5)


@dataclass(frozen=True)
class Sample:
    """The sample taken: from a lot in stock at the counter, or with the device that a file names."""

    specimen: str
    sampled_at: datetime
    lot_id: UUID | None = None
    device: Device | None = None


@dataclass(frozen=True)
class Reading:
    """What was read, by target code, and when."""

    outcomes: Mapping[str, str]
    read_at: datetime
    comment: str = ""


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
    if lot is not None and sample.specimen not in {taken.code for taken in kit(lot.kit).specimens}:
        return False
    return kind.allows_specimen(sample.specimen)


def _lot_problems(lot: Lot | None, kind: Kind, sampled_at: datetime) -> list[Problem]:
    if lot is None:
        return [Problem("lot", "unknown", _("This lot is not in the pharmacy's stock: choose one in the list."))]
    if kit(lot.kit).kind != kind.code:
        return [Problem("lot", "wrong_kit", _("This lot's kit is for another test: choose one in the list."))]
    if lot.expiry < day_of(sampled_at, zone_here()):
        return [Problem("lot", "expired", _("This lot had expired at sampling: set it aside and test with another."))]
    return []


def clean_reading(reading: Reading) -> Reading:
    """Return the reading with its comment as it is kept."""
    return replace(reading, comment=typed_lines("comment", reading.comment))


def check_order(sample: Sample, registered_at: datetime) -> None:
    """Raise InvalidError when a test of the counter was sampled long before it was registered and agreed to."""
    if sample.sampled_at < registered_at - BEFORE_REGISTRATION:
        message = _("The sampling time is too long before the registration of this test: check it, or register anew.")
        raise InvalidError([Problem("sampled_at", "before_registration", message)])


def check_entry(reading: Reading, kit: Kit | None, sampled_at: datetime) -> None:
    """Raise InvalidError when a reading is typed once its time is over, and the comment does not say why."""
    if kit is None or kit.read_before_minutes is None or reading.comment:
        return
    if now() >= sampled_at + timedelta(minutes=kit.read_before_minutes + 1) + ENTRY:
        message = _("The reading time is over: say in the comment why this reading is entered so late.")
        raise InvalidError([Problem("comment", "late_entry", message)])


def check_reading(reading: Reading, kind: Kind, kit: Kit | None, sampled_at: datetime) -> None:
    """Raise InvalidError when a target has no result, or the kit was read outside its window.

    `kit` is None for a result that a file brings: its own laboratory answers for the window.
    """
    problems = _outcome_problems(reading, kind)
    if len(reading.comment) > LONGEST_COMMENT:
        problems.append(Problem("comment", "too_long", _("The comment is too long: 1,000 characters at most.")))
    if reading.read_at > now() + TOLERANCE:
        problems.append(Problem("read_at", "future", _("The reading time is in the future: check it.")))
    elif reading.read_at < sampled_at:
        problems.append(Problem("read_at", "before_sample", _("The result was read before the sample was taken.")))
    elif kit is not None:
        problems += _window_problems(reading.read_at - sampled_at, kit)
    if problems:
        raise InvalidError(problems)


def _outcome_problems(reading: Reading, kind: Kind) -> list[Problem]:
    problems = []
    for target in kind.targets:
        outcome = reading.outcomes.get(target.code, "")
        if not outcome:
            problems.append(Problem(f"outcome-{target.code}", "required", _("Choose the result read for this target.")))
        elif not target.allows(outcome):
            problems.append(
                Problem(f"outcome-{target.code}", "unknown", _("This result does not exist for this target."))
            )
    if set(reading.outcomes) - {target.code for target in kind.targets}:
        problems.append(Problem("outcomes", "unknown", _("A result was given for something this test does not read.")))
    return problems


def _window_problems(elapsed: timedelta, kit: Kit) -> list[Problem]:
    if elapsed < timedelta(minutes=kit.read_after_minutes):
        message = ngettext_lazy(
            "Too early: this kit is read %(minutes)d minute after sampling, not before.",
            "Too early: this kit is read %(minutes)d minutes after sampling, not before.",
            kit.read_after_minutes,
        )
        return [Problem("read_at", "too_early", message % {"minutes": kit.read_after_minutes})]
    # The limit counts whole minutes, as the leaflet does: 20:40 after sampling is still the 20th minute.
    if kit.read_before_minutes is not None and elapsed >= timedelta(minutes=kit.read_before_minutes + 1):
        message = ngettext_lazy(
            "Too late: this kit must be read within %(minutes)d minute. Test again with a new kit.",
            "Too late: this kit must be read within %(minutes)d minutes. Test again with a new kit.",
            kit.read_before_minutes,
        )
        return [Problem("read_at", "too_late", message % {"minutes": kit.read_before_minutes})]
    return []
