"""A method for each operation about FHIR, blocking. Made by tools/write_client.py from the specification."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal
from uuid import UUID

from temoin_client.answers import BundleOutcome, bundle_outcome, shape_of
from temoin_client.asking import drawn_key, form, given, headers, place
from temoin_client.blocking_webhooks import BlockingWebhookCalls
from temoin_client.exchange import ApiCall
from temoin_client.fhir_models import (
    FhirObservation,
    FhirPatient,
    FhirPatients,
    FhirReport,
    FhirReports,
    FhirSpecimen,
    FhirStatement,
)


class BlockingFhirCalls(BlockingWebhookCalls):
    """Each operation about FHIR of the specification, under its name there."""

    def fhir(
        self,
        content: bytes,
        *,
        notice: str = "",
        media: Literal["application/fhir+json", "application/fhir+xml"] = "application/fhir+json",
        key: str = "",
    ) -> BundleOutcome:
        """Hand in results as a FHIR R4 Bundle, all of it or nothing.

        `POST /api/v1/fhir`
        """
        return self.do(
            ApiCall(
                "POST",
                "/api/v1/fhir",
                bundle_outcome,
                query=given(notice=notice),
                body=content,
                headers=headers(media=media, key=key or drawn_key()),
            )
        )

    def fhir_validate(
        self,
        content: bytes,
        *,
        media: Literal["application/fhir+json", "application/fhir+xml"] = "application/fhir+json",
    ) -> BundleOutcome:
        """Tell what is wrong with a FHIR R4 Bundle of results, and keep nothing.

        `POST /api/v1/fhir/$validate`
        """
        return self.do(
            ApiCall("POST", "/api/v1/fhir/$validate", bundle_outcome, body=content, headers=headers(media=media))
        )

    def fhir_metadata(self) -> FhirStatement:
        """What is taken and told as FHIR: the CapabilityStatement.

        `GET /api/v1/fhir/metadata`
        """
        return self.do(ApiCall("GET", "/api/v1/fhir/metadata", partial(shape_of, FhirStatement, None)))

    def fhir_patient(self, patient_id: UUID | str, *, known: FhirPatient | None = None) -> FhirPatient:
        """Read a patient's record as FHIR.

        `GET /api/v1/fhir/Patient/{patient_id}`
        """
        return self.do(
            ApiCall(
                "GET",
                f"/api/v1/fhir/Patient/{place(patient_id)}",
                partial(shape_of, FhirPatient, known),
                headers=headers(known=known),
            )
        )

    def fhir_search_patients(self, identifier: str) -> Iterator[FhirPatient]:
        """Look for a person by a number.

        `POST /api/v1/fhir/Patient/_search`
        """
        return self.items(
            ApiCall(
                "POST",
                "/api/v1/fhir/Patient/_search",
                partial(shape_of, FhirPatients, None),
                body=form(identifier=identifier),
                headers=headers(media="application/x-www-form-urlencoded"),
            ),
            lambda page: [one.resource for one in page.entry],
        )

    def fhir_report(self, record_id: UUID | str, *, known: FhirReport | None = None) -> FhirReport:
        """Read a signed result as FHIR.

        `GET /api/v1/fhir/DiagnosticReport/{record_id}`
        """
        return self.do(
            ApiCall(
                "GET",
                f"/api/v1/fhir/DiagnosticReport/{place(record_id)}",
                partial(shape_of, FhirReport, known),
                headers=headers(known=known),
            )
        )

    def fhir_reports(self, *, last_updated: Sequence[str] = (), count: int | None = None) -> Iterator[FhirReport]:
        """List signed results as FHIR, by the moment of their last signature.

        `GET /api/v1/fhir/DiagnosticReport`
        """
        return self.items(
            ApiCall(
                "GET",
                "/api/v1/fhir/DiagnosticReport",
                partial(shape_of, FhirReports, None),
                query=given(_lastUpdated=last_updated, _count=count),
            ),
            lambda page: [one.resource for one in page.entry],
        )

    def fhir_search_reports(
        self, *, identifier: str = "", last_updated: Sequence[str] = (), count: int | None = None
    ) -> Iterator[FhirReport]:
        """Look for a signed result by a number; without one, list signed results as by GET.

        `POST /api/v1/fhir/DiagnosticReport/_search`
        """
        return self.items(
            ApiCall(
                "POST",
                "/api/v1/fhir/DiagnosticReport/_search",
                partial(shape_of, FhirReports, None),
                body=form(identifier=identifier, _lastUpdated=last_updated, _count=count),
                headers=headers(media="application/x-www-form-urlencoded"),
            ),
            lambda page: [one.resource for one in page.entry],
        )

    def fhir_observation(
        self, record_id: UUID | str, number: int, *, known: FhirObservation | None = None
    ) -> FhirObservation:
        """Read one finding of a signed result as FHIR.

        `GET /api/v1/fhir/Observation/{record_id}.{number}`
        """
        return self.do(
            ApiCall(
                "GET",
                f"/api/v1/fhir/Observation/{place(record_id)}.{place(number)}",
                partial(shape_of, FhirObservation, known),
                headers=headers(known=known),
            )
        )

    def fhir_specimen(self, record_id: UUID | str, *, known: FhirSpecimen | None = None) -> FhirSpecimen:
        """Read the sample of a signed result as FHIR.

        `GET /api/v1/fhir/Specimen/{record_id}`
        """
        return self.do(
            ApiCall(
                "GET",
                f"/api/v1/fhir/Specimen/{place(record_id)}",
                partial(shape_of, FhirSpecimen, known),
                headers=headers(known=known),
            )
        )
