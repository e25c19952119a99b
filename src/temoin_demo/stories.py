"""The tests of a demonstration, in every state, told through the same actions as the pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import cycle
from uuid import UUID

from temoin.arrivals.calendar import set_hours
from temoin.arrivals.hours import Hours, Opening
from temoin.arrivals.posters import make_poster, standing_poster
from temoin.catalogue.actions import receive_lot
from temoin.catalogue.controls import ControlLevel, load_controls
from temoin.catalogue.kinds import counter_kinds, kind
from temoin.catalogue.kits import Kit, kit, kits_for
from temoin.catalogue.lots import recall_lot, record_control
from temoin.catalogue.shelf import record_temperature
from temoin.lib.clock import frozen_at
from temoin.lib.zones import age_on, day_of, latest_today
from temoin.patients.actions import register_patient
from temoin.patients.notice import CURRENT_NOTICE
from temoin.patients.traits import Traits, check_traits
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.programs import ProgramSeat
from temoin.testing.actions import abandon_test, register_test, start_reading, take_sample
from temoin.testing.proposals import propose_result
from temoin.testing.sample import Reading, Sample, Start
from temoin.testing.signing import cancel_result, correct_result, sign_result
from temoin.testing.states import RecordState
from temoin.testing.tickets import read_ticket
from temoin_demo.people import Team

S = RecordState
COVID = "acon-flowflex-covid19"  # read from the 15th to the 30th minute
PANBIO = "abbott-panbio-covid19"
CYSTITIS = "siemens-multistix"
EXPIRED_LOT = "EXP-0001"
SOON_LOT = "SOON-0002"
RECALLED = "clongene-covid19-flu"  # the kit whose lot is recalled once its tests are told


@dataclass(frozen=True)
class Story:
    """What becomes of one patient's test: `ago` is in days, or in minutes since sampling for a test still open."""

    kit: str
    end: RecordState
    ago: int
    read: tuple[str, ...] = ()
    corrected: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()  # by the pharmacy's program, and waiting for a signature


# The open tests: just registered, sampled but not to be read yet, to be read now, and forgotten on the bench.
_OPEN = (
    Story(COVID, S.REGISTERED, 4),
    Story("aaz-quadruple", S.REGISTERED, 9),
    Story(COVID, S.SAMPLED, 16),
    Story(PANBIO, S.SAMPLED, 3),
    Story(COVID, S.SAMPLED, 50),
    Story(COVID, S.SAMPLED, 18, proposed=("negative",)),
)
_DONE = (
    Story(COVID, S.SIGNED, 1, ("negative",)),
    Story(PANBIO, S.SIGNED, 1, ("positive",)),
    Story("clongene-covid19-flu", S.SIGNED, 1, ("negative", "positive", "negative")),
    Story("biosynex-strep-a", S.SIGNED, 2, ("positive",)),
    Story(COVID, S.SIGNED, 2, ("indeterminate",)),
    Story(CYSTITIS, S.SIGNED, 2, ("plus-2", "positive")),
    Story(COVID, S.CORRECTED, 3, ("negative",), ("positive",)),
    Story(PANBIO, S.CANCELLED, 3, ("positive",)),
    Story(COVID, S.ABANDONED, 4),
    Story("biosynex-flu", S.SIGNED, 4, ("positive", "negative")),
    Story("aaz-quadruple", S.SIGNED, 5, ("positive", "negative", "negative", "positive")),
)
_MORE = (
    Story(COVID, S.SIGNED, 5, ("negative",)),
    Story("biosynex-rsv", S.SIGNED, 5, ("positive",)),
    Story(PANBIO, S.SIGNED, 6, ("unsatisfactory",)),
    Story("biosynex-strep-a", S.CORRECTED, 6, ("indeterminate",), ("negative",)),
    Story(COVID, S.SIGNED, 6, ("negative",)),
    Story("nal-nadal-covid19-flu", S.SIGNED, 7, ("negative", "negative", "negative")),
    Story(COVID, S.SIGNED, 7, ("positive",)),
)
STORIES = (_OPEN + _DONE + _MORE, _OPEN[:1] + _OPEN[2:4] + _DONE)


# Every day until late: whoever tries the demonstration finds an appointment of today.
HOURS = Hours(tuple(Opening(day, 8 * 60, 22 * 60) for day in range(7)), minutes=20, places=2, ahead=30)


@dataclass(frozen=True)
class DemoLetter:
    """What opens a result on the patients' site, once its link is in the sandbox mailbox."""

    email: str
    code: str = field(repr=False)
    record_id: str


@dataclass
class Teller:
    """Tells stories in one pharmacy."""

    team: Team
    present: datetime
    program: ProgramSeat
    lots: dict[str, UUID] = field(default_factory=dict)
    letters: list[DemoLetter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._signers = cycle(self.team.pharmacists)
        self._clerks = cycle((self.team.counter, self.team.counter, self.team.seats[Profession.STUDENT]))

    def stock(self) -> None:
        """Receive lots of every kit of the counter, one that has expired since and one that soon will."""
        owner, today = self.team.seats[Profession.TITULAIRE], day_of(self.present, self.team.pharmacy.zone)
        with frozen_at(self.present - timedelta(days=190)):
            receive_lot(by=owner, kit=PANBIO, number=EXPIRED_LOT, expiry=today - timedelta(days=12))
        with frozen_at(self.present - timedelta(days=20)):
            receive_lot(by=owner, kit=COVID, number=SOON_LOT, expiry=today + timedelta(days=6))
            for number, code in enumerate(_counter_kits()):
                expiry = today + timedelta(days=150 + 20 * number)
                lot_id = receive_lot(by=owner, kit=code, number=f"L26{number:02d}47", expiry=expiry, tests=25)
                self.lots[code] = lot_id
                if load_controls().rule_of(kit(code)):
                    self._control(lot_id)

    def open_calendar(self) -> str:
        """Say at which hours appointments can be taken; return the code of the page that takes them."""
        owner = self.team.seats[Profession.TITULAIRE]
        set_hours(by=owner, hours=HOURS, expected_version=None)
        make_poster(by=owner, instead_of=None)
        poster = standing_poster(by=owner)
        return poster.token if poster else ""

    def read_shelf(self) -> None:
        record_temperature(by=self.team.counter, celsius=Decimal("21.5"))

    def _control(self, lot_id: UUID) -> None:
        clerk = self.team.counter
        for seen, level in enumerate(ControlLevel):
            record_control(by=clerk, lot_id=lot_id, level=level, is_right=True, expected_controls=seen)

    def recall(self) -> None:
        """Let a manufacturer recall a lot that somebody was tested with."""
        recall_lot(by=self.team.seats[Profession.TITULAIRE], lot_id=self.lots[RECALLED], reference="FSCA-2026-114")

    def welcome(self, patients: list[dict[str, str]]) -> list[tuple[UUID, Traits]]:
        """Register patients, some time ago."""
        known: list[tuple[UUID, Traits]] = []
        with frozen_at(self.present - timedelta(days=9)):
            for raw in patients:
                traits = check_traits(raw)
                known.append((register_patient(by=next(self._clerks), traits=traits, put_aside=()), traits))
        return known

    def tell(self, story: Story, patient_id: UUID, traits: Traits) -> None:
        used, clerk = kit(story.kit), next(self._clerks)
        sampled_at = self._sampled_at(story)
        with frozen_at(sampled_at - timedelta(minutes=3)):
            record_id = register_test(by=clerk, patient_id=patient_id, kind=used.kind, notice_version=CURRENT_NOTICE)
            if story.read and traits.email:
                code = read_ticket(by=self.team.counter, record_id=record_id)
                self.letters.append(DemoLetter(traits.email, code, str(record_id)))
        if story.end is S.REGISTERED:
            return
        with frozen_at(sampled_at + timedelta(seconds=30)):
            sample = Sample(used.specimens[0].code, sampled_at, self.lots[story.kit])
            if not take_sample(by=clerk, record_id=record_id, sample=sample, seen=""):
                start_reading(by=clerk, record_id=record_id, start=Start(sampled_at), seen="")
            if story.end is S.ABANDONED:
                abandon_test(by=clerk, record_id=record_id, seen="")
        if story.proposed:
            propose_result(by=self.program, record_id=record_id, reading=_reading(story, story.proposed, self.present))
        if story.read:
            self._sign(story, record_id, sampled_at + timedelta(minutes=(used.read_after_minutes or 0) + 1))

    def _sign(self, story: Story, record_id: UUID, read_at: datetime) -> None:
        signer = next(self._signers)
        with frozen_at(read_at + timedelta(seconds=40)):
            sign_result(by=signer, record_id=record_id, reading=_reading(story, story.read, read_at), seen="")
        with frozen_at(read_at + timedelta(hours=2)):
            if story.end is S.CORRECTED:
                reason = "Erreur de saisie relevée à la relecture de la fiche"
                reading = _reading(story, story.corrected, read_at)
                correct_result(by=signer, record_id=record_id, expected_version=1, reading=reading, reason=reason)
            if story.end is S.CANCELLED:
                reason = "Résultat enregistré pour une autre personne"
                cancel_result(by=signer, record_id=record_id, expected_version=1, reason=reason)

    def _sampled_at(self, story: Story) -> datetime:
        if not story.read and story.end is not S.ABANDONED:
            return self.present - timedelta(minutes=story.ago)
        zone = self.team.pharmacy.zone
        day = day_of(self.present, zone) - timedelta(days=story.ago)
        return datetime.combine(day, time(9, 10), tzinfo=zone) + timedelta(minutes=25 * (len(self.letters) % 16))


def suited(stories: tuple[Story, ...], patients: list[tuple[UUID, Traits]]) -> Iterator[tuple[Story, UUID, Traits]]:
    """Give each story a patient of its own, whom the kind of test is meant for."""
    waiting = list(patients)
    for story in sorted(stories, key=lambda story: story.kit != CYSTITIS):  # the choosiest first
        chosen = next(patient for patient in waiting if _fits(story, patient[1]))
        waiting.remove(chosen)
        yield story, *chosen


def _fits(story: Story, traits: Traits) -> bool:
    age = age_on(latest_today(), traits.birth_date)
    return not kind(kit(story.kit).kind).warnings(age=age, sex=traits.sex)


def _counter_kits() -> list[str]:
    found: list[Kit] = [one for known in counter_kinds() for one in kits_for(known.code)]
    return [one.code for one in found if one.window_is_known]


def _reading(story: Story, outcomes: tuple[str, ...], read_at: datetime) -> Reading:
    targets = [target.code for target in kind(kit(story.kit).kind).targets]
    return Reading(outcomes=dict(zip(targets, outcomes, strict=True)), read_at=read_at)
