"""The shapes of the API. Made by tools/write_client.py from the specification."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from temoin_client.bodies import CancellationBody as CancellationBody
from temoin_client.bodies import CorrectionBody as CorrectionBody
from temoin_client.bodies import NewPatient as NewPatient
from temoin_client.bodies import NewTest as NewTest
from temoin_client.bodies import PatientQuestion as PatientQuestion
from temoin_client.bodies import ReadingBody as ReadingBody
from temoin_client.bodies import SampleBody as SampleBody
from temoin_client.bodies import WebhookAddress as WebhookAddress
from temoin_client.bodies import WholeResult as WholeResult
from temoin_client.bodies import WholeResults as WholeResults
from temoin_client.shape import ApiShape


class AmendmentTold(ApiShape):
    """The last correction or cancellation that a program proposed, and what became of it."""

    program: str
    proposed_at: AwareDatetime
    # The signed version of which it was proposed.
    version: int
    status: Literal["corrected", "cancelled"]
    reason: str
    read_at: AwareDatetime | None
    outcomes: list[OutcomeTold]
    # `waits`, `signed`, `refused`, `withdrawn`; `outdated`: something else was signed first.
    fate: str
    # Of the pharmacist who refused it, for you.
    word: str


class ChangePage(ApiShape):
    """Tests that changed. `next` is never empty: asked again later, it tells what changed since."""

    # The address of the next page, which `Link` has too; empty on the last one.
    next: str = ""
    tests: list[ChangeTold]
    # Ask on at once; else after a while.
    has_more: bool


class ChangeTold(ApiShape):
    """A test that something happened to, as it stands now."""

    id: UUID
    state: str
    changed_at: AwareDatetime
    parcels: list[ParcelTold]
    letters: list[LetterTold]


class Created(ApiShape):
    """What was made."""

    id: UUID


class FoundPatient(ApiShape):
    """A patient in few words: enough to tell two people apart."""

    id: UUID
    name: str
    birth_date: date


class FoundPatients(ApiShape):
    """Whom a search found, likeliest first. A person chooses: names alone never match."""

    patients: list[FoundPatient]


class KindTold(ApiShape):
    """A kind of test."""

    code: str
    label: str
    specimens: list[str]
    targets: list[TargetTold]


class Kinds(ApiShape):
    """The kinds of test on offer, and the version of the notice that patients agree to."""

    notice: str
    kinds: list[KindTold]


class LetterTold(ApiShape):
    """A letter to the patient: of which version, and how far it has come."""

    version: int
    state: str
    opened_at: AwareDatetime | None


class Letters(ApiShape):
    """The letters of a test, in order."""

    letters: list[LetterTold]


class LotTold(ApiShape):
    """A lot that may be used today."""

    id: UUID
    kind: str
    kit: str
    number: str
    expiry: date
    is_open: bool


class Lots(ApiShape):
    """Lots that may be used today: those that are open, then the first to expire."""

    # The address of the next page, which `Link` has too; empty on the last one.
    next: str = ""
    lots: list[LotTold]


class Nothing(ApiShape):
    """Done; whoever asks knows the rest."""


class NoticeTold(ApiShape):
    """A notice and its last try."""

    # The `webhook-id` of each try.
    id: UUID
    type: str
    test_id: UUID | None
    happened_at: AwareDatetime
    attempts: int
    tried_at: AwareDatetime | None
    # What the last try brought: a closed code, empty before the first.
    answer: str
    told_at: AwareDatetime | None


class OutcomeTold(ApiShape):
    """What was read for a target."""

    target: str
    # Its outcome, or the value with its unit of what was measured.
    outcome: str


class ParcelTold(ApiShape):
    """A parcel of a result: where it goes, of which version, and how it stands."""

    destination: str
    version: int
    state: str


class Parcels(ApiShape):
    """The parcels of a test."""

    parcels: list[ParcelTold]


class PatientAnswer(ApiShape):
    """A patient's record."""

    birth_family_name: str
    # All of them, in order; empty only with `single_name`.
    birth_given_names: str
    # The person bears one name alone.
    single_name: bool = False
    sex: Literal["F", "M", "U"]
    birth_date: date
    # INSEE code: 5 characters, 99 and the country abroad.
    birth_place: str = ""
    used_family_name: str = ""
    used_given_name: str = ""
    # 15 characters, the last two being the key.
    nir: str = ""
    # VALI once an identity document was compared with the person.
    identity_status: Literal["PROV", "VALI"] = "PROV"
    # As dialled from the pharmacy, or from + on.
    phone: str = ""
    email: str = ""
    # In which to write to the patient: fr, en, es, pt, ar, uk.
    language: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    # ISO 3166-1 alpha-3, or `unknown`.
    country: str = "FRA"
    id: UUID


class PharmacyTold(ApiShape):
    """The pharmacy that gave the program access."""

    finess: str
    name: str


class ProblemBody(ApiShape):
    """Why something was not done (RFC 9457). `error` is closed and stable; `title` is for people."""

    type: str = "about:blank"
    title: str
    status: int
    error: str
    problems: list[ProblemTold] = Field(default_factory=list)
    candidates: list[UUID] = Field(default_factory=list)
    detail: str = ""
    incident: str = ""


class ProblemTold(ApiShape):
    """One thing wrong: the field, a closed code, and the remedy in words."""

    field: str
    code: str
    detail: str


class ProgramTold(ApiShape):
    """A program, where it is, and what its token lets it ask."""

    program: str
    pharmacy: PharmacyTold
    scopes: list[str]


class ProposalTold(ApiShape):
    """A reading that waits for a pharmacist."""

    program: str
    proposed_at: AwareDatetime
    read_at: AwareDatetime
    outcomes: list[OutcomeTold]


class ResultTold(ApiShape):
    """The latest signed version of a result."""

    version: int
    status: str
    sampled_at: AwareDatetime
    read_at: AwareDatetime
    signed_at: AwareDatetime
    signed_by: str
    outcomes: list[OutcomeTold]


class ResultVerdict(ApiShape):
    """What became of one result of a batch."""

    number: str
    taken: bool
    test_id: UUID | None = None
    test_number: str = ""
    # The closed code of the problem; empty for what was taken. `away`: not tried, send it again.
    error: str = ""
    problems: list[ProblemTold] = Field(default_factory=list)
    # Likely records, with `likely_known`.
    candidates: list[UUID] = Field(default_factory=list)
    # A number to quote, with `server_error`.
    incident: str = ""


class ResultVerdicts(ApiShape):
    """One verdict for each result, in the order in which they came."""

    results: list[ResultVerdict]


class TargetTold(ApiShape):
    """One thing that a kind of test looks for, and what can be read for it."""

    code: str
    label: str
    loinc: str
    outcomes: list[str]
    # UCUM units of a target that is measured, which has no outcomes; else empty.
    units: list[str] = Field(default_factory=list)


class TestAnswer(ApiShape):
    """A test, with what is proposed, what is signed and what is proposed of that."""

    id: UUID
    state: str
    kind: str
    number: str
    registered_at: AwareDatetime
    sampled_at: AwareDatetime | None
    is_proposed: bool
    patient_id: UUID
    proposal: ProposalTold | None
    result: ResultTold | None
    amendment: AmendmentTold | None


class TestCreated(ApiShape):
    """A test that was registered."""

    id: UUID
    # For the label of the cassette; the row is found by it.
    number: str


class TestLine(ApiShape):
    """A test in a list."""

    id: UUID
    state: str
    kind: str
    number: str
    registered_at: AwareDatetime
    sampled_at: AwareDatetime | None
    is_proposed: bool


class TestPage(ApiShape):
    """Tests, newest first."""

    # The address of the next page, which `Link` has too; empty on the last one.
    next: str = ""
    tests: list[TestLine]


class WebhookSecret(ApiShape):
    """What signs each notice."""

    # Told now, and to the same call sent again with its key; never after.
    secret: str


class WebhookTold(ApiShape):
    """Where a program is told, and how that goes."""

    address: str
    # The former one signs too, for a week.
    has_two_secrets: bool
    waiting: int
    # Since when the owners know that nothing is taken.
    troubled_since: AwareDatetime | None
    # The last ones, the newest first.
    notices: list[NoticeTold]


class WebhooksTold(ApiShape):
    """The webhooks of a program: one, or none."""

    webhooks: list[WebhookTold]
