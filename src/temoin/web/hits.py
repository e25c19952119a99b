"""A patient found, tested by one press: with the last kind of the workstation, and the lot that is named beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import get_language

from temoin.catalogue.kinds import load_kinds
from temoin.lib.ids import hourly_id
from temoin.patients.queries import Found
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.recent import RecentTest, just_now, recent_tests
from temoin.web.record_forms import age_warnings
from temoin.web.sampled_now import ReadySample, ready_samples
from temoin.web.workstation import habits_of, station_of

HIT = "hit"  # said by the form of those found: nothing was shown of the patient's other tests yet


@dataclass(frozen=True)
class ReadyKind:
    """A test that one press would register and sample."""

    code: str
    label: str
    sample: ReadySample
    is_chosen: bool

    @property
    def lot_field(self) -> str:
        return lot_field(self.code)


@dataclass(frozen=True)
class Hit:
    """A patient found, with the id that a test pressed beside them would bear."""

    patient_id: UUID
    traits: Traits
    record_id: UUID
    is_only: bool = False  # nobody else was found: Enter is for them


@dataclass(frozen=True)
class Doubts:
    """What somebody looks at before a test is registered: one of the hour that it may repeat, limits of age or sex."""

    just_now: Sequence[RecentTest]
    warnings: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.just_now or self.warnings)


def lot_field(kind: str) -> str:
    """Return the name of the field that says which lot was shown for a test."""
    return f"lot-{kind}"


def is_hit(typed: Mapping[str, str]) -> bool:
    """Tell whether the form is that of the patients found."""
    return typed.get("at") == HIT


def hits(found: Sequence[Found]) -> list[Hit]:
    return [Hit(patient_id, traits, hourly_id(), is_only=len(found) == 1) for patient_id, traits in found]


def ready_kinds(request: HttpRequest, seat: Seat) -> list[ReadyKind]:
    """Return the tests that one press would register and sample now: the last one of this workstation is chosen."""
    if not all(has_right(by=seat, right=right) for right in (Right.REGISTER_TEST, Right.TAKE_SAMPLE, Right.READ_TEST)):
        return []
    language, last, ready = get_language() or "fr", habits_of(request).kind, ready_samples(seat, station_of(request))
    offered = [kind for kind in load_kinds().values() if kind.offered_at == "counter" and kind.code in ready]
    return [
        ReadyKind(kind.code, kind.label(language), ready[kind.code], len(offered) == 1 or kind.code == last)
        for kind in offered
    ]


def doubts_about(hit: Hit, kind: str, *, by: Seat) -> Doubts:
    """Return what speaks against this test without a further look; nothing of a test that this press registered."""
    tests, traits = just_now(recent_tests(by=by, patient_id=hit.patient_id)), hit.traits
    if any(test.id == hit.record_id for test in tests) or kind not in load_kinds():
        return Doubts((), ())
    same = [test for test in tests if test.kind.code == kind]
    return Doubts(same, age_warnings(load_kinds()[kind], traits.birth_date, traits.sex))
