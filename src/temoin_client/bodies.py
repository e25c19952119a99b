"""The shapes of what is sent to the API. Made by tools/write_client.py from the specification."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from temoin_client.shape import ApiShape


class CancellationBody(ApiShape):
    """Why a signed result is void: another patient's, another test's."""

    # Why, for the patient: it stands in the new version.
    reason: str


class CorrectionBody(ApiShape):
    """What is to be corrected of a signed result; what is left out stays as it is signed."""

    # Why, for the patient: it stands in the new version.
    reason: str
    # The outcome of each target that was wrong, by code.
    outcomes: dict[str, str] | None = None
    read_at: AwareDatetime | None = None
    comment: str | None = None


class NewPatient(ApiShape):
    """A patient to register."""

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
    # Likely records that a person compared and said are of somebody else; see `likely_known`.
    put_aside: list[UUID] = Field(default_factory=list)


class NewTest(ApiShape):
    """A test to register. The patient was informed, and agreed, by the notice that is named."""

    patient_id: UUID
    # A code of `GET /api/v1/kinds`.
    kind: str
    # The notice that the patient was shown: `notice` of the kinds.
    notice_version: str


class PatientQuestion(ApiShape):
    """Whom to look for: by the NIR, or by the family name and the birth date."""

    nir: str = ""
    family_name: str = ""
    birth_date: date | None = None


class ReadingBody(ApiShape):
    """What was read. A pharmacist signs it, or puts it aside."""

    # What was read for each target, by code: an outcome, or a value and its unit (`<20 mg/dL`).
    outcomes: dict[str, str]
    # Now, where it is left out.
    read_at: AwareDatetime | None = None
    comment: str = ""


class SampleBody(ApiShape):
    """The sample that was taken."""

    # A code of the kind's specimens.
    specimen: str
    # A lot of `GET /api/v1/kinds/{kind}/lots`.
    lot_id: UUID
    # Now, where it is left out.
    sampled_at: AwareDatetime | None = None
    # When the sample was put on the kit, where its leaflet counts from there.
    started_at: AwareDatetime | None = None


class WebhookAddress(ApiShape):
    """Where a program is told."""

    # It begins with https://, and is public.
    address: str


class WholeResult(ApiShape):
    """A result handed in whole: its patient, its test, its sample and what was read."""

    # Your own number of it: with the kind, it is known for as long as the test is kept.
    number: str
    # `corrected`: what was read is another than was handed in under this number; see `read_at`.
    status: Literal["final", "corrected"] = "final"
    # A known patient; or `patient`, for a new one.
    patient_id: UUID | None = None
    patient: NewPatient | None = None
    kind: str
    notice_version: str
    sample: SampleBody
    reading: ReadingBody


class WholeResults(ApiShape):
    """Results handed in whole, each judged alone."""

    results: list[WholeResult]
