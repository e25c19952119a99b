"""What programs send and are answered, as typed shapes: bodies are read by them, and the specification made from them.

They say which fields there are and of what type. What a value may be is for the rooms to judge, as for the pages.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from temoin.api.days import Day, Instant

MOST_RESULTS = 10_000  # handed in by one call
_Line = Annotated[str, Field(max_length=200)]


class Shape(BaseModel):
    """A JSON object of this API: a field that it does not name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PatientBody(Shape):
    """A patient as an identity document shows them, and how to reach them."""

    birth_family_name: _Line
    birth_given_names: Annotated[_Line, Field(description="All of them, in order; empty only with `single_name`.")]
    single_name: Annotated[bool, Field(description="The person bears one name alone.")] = False
    sex: Literal["F", "M", "U"]
    birth_date: Day
    birth_place: Annotated[_Line, Field(description="INSEE code: 5 characters, 99 and the country abroad.")] = ""
    used_family_name: _Line = ""
    used_given_name: _Line = ""
    nir: Annotated[_Line, Field(description="15 characters, the last two being the key.")] = ""
    identity_status: Annotated[
        Literal["PROV", "VALI"], Field(description="VALI once an identity document was compared with the person.")
    ] = "PROV"
    phone: Annotated[_Line, Field(description="As dialled from the pharmacy, or from + on.")] = ""
    email: Annotated[str, Field(max_length=320)] = ""
    language: Annotated[_Line, Field(description="In which to write to the patient: fr, en, es, pt, ar, uk.")] = ""
    street: _Line = ""
    postcode: _Line = ""
    city: _Line = ""
    country: Annotated[_Line, Field(description="ISO 3166-1 alpha-3, or `unknown`.")] = "FRA"


class NewPatient(PatientBody):
    """A patient to register."""

    put_aside: Annotated[
        list[UUID],
        Field(
            max_length=50,
            description="Likely records that a person compared and said are of somebody else; see `likely_known`.",
        ),
    ] = []


class PatientQuestion(Shape):
    """Whom to look for: by the NIR, or by the family name and the birth date."""

    nir: _Line = ""
    family_name: _Line = ""
    birth_date: Day | None = None


class Created(Shape):
    """What was made."""

    id: UUID


class FoundPatient(Shape):
    """A patient in few words: enough to tell two people apart."""

    id: UUID
    name: str
    birth_date: date


class FoundPatients(Shape):
    """Whom a search found, likeliest first. A person chooses: names alone never match."""

    patients: list[FoundPatient]


class PatientAnswer(PatientBody):
    """A patient's record."""

    id: UUID


class NewTest(Shape):
    """A test to register. The patient was informed, and agreed, by the notice that is named."""

    patient_id: UUID
    kind: Annotated[_Line, Field(description="A code of `GET /api/v1/kinds`.")]
    notice_version: Annotated[_Line, Field(description="The notice that the patient was shown: `notice` of the kinds.")]


class TestCreated(Shape):
    """A test that was registered."""

    id: UUID
    number: Annotated[str, Field(description="For the label of the cassette; the row is found by it.")]


class SampleBody(Shape):
    """The sample that was taken."""

    specimen: Annotated[_Line, Field(description="A code of the kind's specimens.")]
    lot_id: Annotated[UUID, Field(description="A lot of `GET /api/v1/kinds/{kind}/lots`.")]
    sampled_at: Annotated[Instant | None, Field(description="Now, where it is left out.")] = None
    started_at: Annotated[
        Instant | None,
        Field(description="When the sample was put on the kit, where its leaflet counts from there."),
    ] = None


class ReadingBody(Shape):
    """What was read. A pharmacist signs it, or puts it aside."""

    outcomes: Annotated[
        dict[_Line, _Line],
        Field(
            max_length=20,
            description="What was read for each target, by code: an outcome, or a value and its unit (`<20 mg/dL`).",
        ),
    ]
    read_at: Annotated[Instant | None, Field(description="Now, where it is left out.")] = None
    comment: Annotated[str, Field(max_length=1000)] = ""


class WholeResult(Shape):
    """A result handed in whole: its patient, its test, its sample and what was read."""

    number: Annotated[
        str,
        Field(
            pattern=r"^[\x21-\x7e]{1,64}$",
            description="Your own number of it: with the kind, it is known for as long as the test is kept.",
        ),
    ]
    status: Annotated[
        Literal["final", "corrected"],
        Field(description="`corrected`: what was read is another than was handed in under this number; see `read_at`."),
    ] = "final"
    patient_id: Annotated[UUID | None, Field(description="A known patient; or `patient`, for a new one.")] = None
    patient: NewPatient | None = None
    kind: _Line
    notice_version: _Line
    sample: SampleBody
    reading: ReadingBody


class WholeResults(Shape):
    """Results handed in whole, each judged alone."""

    results: Annotated[list[WholeResult], Field(min_length=1, max_length=MOST_RESULTS)]


class ProblemTold(Shape):
    """One thing wrong: the field, a closed code, and the remedy in words."""

    field: str
    code: str
    detail: str


class ResultVerdict(Shape):
    """What became of one result of a batch."""

    number: str
    taken: bool
    test_id: UUID | None = None
    test_number: str = ""
    error: Annotated[
        str,
        Field(
            description="The closed code of the problem; empty for what was taken. `away`: not tried, send it again."
        ),
    ] = ""
    problems: list[ProblemTold] = []
    candidates: Annotated[list[UUID], Field(description="Likely records, with `likely_known`.")] = []
    incident: Annotated[str, Field(description="A number to quote, with `server_error`.")] = ""


class ResultVerdicts(Shape):
    """One verdict for each result, in the order in which they came."""

    results: list[ResultVerdict]


class TargetTold(Shape):
    """One thing that a kind of test looks for, and what can be read for it."""

    code: str
    label: str
    loinc: str
    outcomes: list[str]
    units: Annotated[
        list[str], Field(description="UCUM units of a target that is measured, which has no outcomes; else empty.")
    ] = []


class KindTold(Shape):
    """A kind of test."""

    code: str
    label: str
    specimens: list[str]
    targets: list[TargetTold]


class Kinds(Shape):
    """The kinds of test on offer, and the version of the notice that patients agree to."""

    notice: str
    kinds: list[KindTold]


class LotTold(Shape):
    """A lot that may be used today."""

    id: UUID
    kind: str
    kit: str
    number: str
    expiry: date
    is_open: bool


class Paged(Shape):
    """One page of a list."""

    next: Annotated[
        str, Field(description="The address of the next page, which `Link` has too; empty on the last one.")
    ] = ""


class Lots(Paged):
    """Lots that may be used today: those that are open, then the first to expire."""

    lots: list[LotTold]


class OutcomeTold(Shape):
    """What was read for a target."""

    target: str
    outcome: Annotated[str, Field(description="Its outcome, or the value with its unit of what was measured.")]


class ProposalTold(Shape):
    """A reading that waits for a pharmacist."""

    program: str
    proposed_at: datetime
    read_at: datetime
    outcomes: list[OutcomeTold]


class ResultTold(Shape):
    """The latest signed version of a result."""

    version: int
    status: str
    sampled_at: datetime
    read_at: datetime
    signed_at: datetime
    signed_by: str
    outcomes: list[OutcomeTold]


class TestLine(Shape):
    """A test in a list."""

    id: UUID
    state: str
    kind: str
    number: str
    registered_at: datetime
    sampled_at: datetime | None
    is_proposed: bool


class TestPage(Paged):
    """Tests, newest first."""

    tests: list[TestLine]


class LetterTold(Shape):
    """A letter to the patient: of which version, and how far it has come."""

    version: int
    state: str
    opened_at: datetime | None


class Letters(Shape):
    """The letters of a test, in order."""

    letters: list[LetterTold]


class ParcelTold(Shape):
    """A parcel of a result: where it goes, of which version, and how it stands."""

    destination: str
    version: int
    state: str


class Parcels(Shape):
    """The parcels of a test."""

    parcels: list[ParcelTold]


class ChangeTold(Shape):
    """A test that something happened to, as it stands now."""

    id: UUID
    state: str
    changed_at: datetime
    parcels: list[ParcelTold]
    letters: list[LetterTold]


class ChangePage(Paged):
    """Tests that changed. `next` is never empty: asked again later, it tells what changed since."""

    tests: list[ChangeTold]
    has_more: Annotated[bool, Field(description="Ask on at once; else after a while.")]


class PharmacyTold(Shape):
    """The pharmacy that gave the program access."""

    finess: str
    name: str


class ProgramTold(Shape):
    """A program, where it is, and what its token lets it ask."""

    program: str
    pharmacy: PharmacyTold
    scopes: list[str]


class Nothing(Shape):
    """Done; whoever asks knows the rest."""


class ProblemBody(BaseModel):
    """Why something was not done (RFC 9457). `error` is closed and stable; `title` is for people."""

    type: str = "about:blank"
    title: str
    status: int
    error: str
    problems: list[ProblemTold] = []
    candidates: list[UUID] = []
    detail: str = ""
    incident: str = ""
