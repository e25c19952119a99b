"""A method for each operation, awaited. Made by tools/write_client.py from the specification."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

from temoin_client.answers import MessageVerdict, is_locked, message_verdicts, shape_of
from temoin_client.asking import are_under_way, drawn_key, given, headers, place
from temoin_client.awaited_fhir import AwaitedFhirCalls
from temoin_client.exchange import ApiCall
from temoin_client.models import (
    CancellationBody,
    ChangePage,
    CorrectionBody,
    Created,
    FoundPatients,
    Kinds,
    Letters,
    Lots,
    LotTold,
    NewPatient,
    NewTest,
    Nothing,
    Parcels,
    PatientAnswer,
    PatientQuestion,
    ProgramTold,
    ReadingBody,
    ResultVerdicts,
    SampleBody,
    TestAnswer,
    TestCreated,
    TestLine,
    TestPage,
    WholeResults,
)


class AwaitedCalls(AwaitedFhirCalls):
    """Each operation of the specification, under its name there."""

    async def whoami(self) -> ProgramTold:
        """Tell the program who it is here, where, and what it may ask.

        `GET /api/v1/whoami`
        """
        return await self.do(ApiCall("GET", "/api/v1/whoami", partial(shape_of, ProgramTold, None)))

    async def kinds(self) -> Kinds:
        """List the kinds of test on offer, with their codes.

        `GET /api/v1/kinds`
        """
        return await self.do(ApiCall("GET", "/api/v1/kinds", partial(shape_of, Kinds, None)))

    def lots(self, *, limit: int | None = None) -> AsyncIterator[LotTold]:
        """List the lots that may be used today.

        `GET /api/v1/lots`
        """
        return self.items(
            ApiCall("GET", "/api/v1/lots", partial(shape_of, Lots, None), query=given(limit=limit)),
            lambda page: page.lots,
        )

    def lots_of_kind(self, kind: str, *, limit: int | None = None) -> AsyncIterator[LotTold]:
        """List the lots of a kind that may be used today.

        `GET /api/v1/kinds/{kind}/lots`
        """
        return self.items(
            ApiCall(
                "GET", f"/api/v1/kinds/{place(kind)}/lots", partial(shape_of, Lots, None), query=given(limit=limit)
            ),
            lambda page: page.lots,
        )

    async def search_patients(self, body: PatientQuestion) -> FoundPatients:
        """Look for patients by NIR, or by family name and birth date.

        `POST /api/v1/patients/search`
        """
        return await self.do(
            ApiCall(
                "POST",
                "/api/v1/patients/search",
                partial(shape_of, FoundPatients, None),
                body=body.sent(),
                headers=headers(media="application/json"),
            )
        )

    async def register_patient(self, body: NewPatient, *, key: str = "") -> Created:
        """Register a patient.

        `POST /api/v1/patients`
        """
        return await self.do(
            ApiCall(
                "POST",
                "/api/v1/patients",
                partial(shape_of, Created, None),
                body=body.sent(),
                headers=headers(media="application/json", key=key or drawn_key()),
            )
        )

    async def patient(self, patient_id: UUID | str, *, known: PatientAnswer | None = None) -> PatientAnswer:
        """Read a patient's record.

        `GET /api/v1/patients/{patient_id}`
        """
        return await self.do(
            ApiCall(
                "GET",
                f"/api/v1/patients/{place(patient_id)}",
                partial(shape_of, PatientAnswer, known),
                headers=headers(known=known),
            )
        )

    def tests(self, *, state: str = "", limit: int | None = None) -> AsyncIterator[TestLine]:
        """List tests, newest first: all, those under way or those that are done.

        `GET /api/v1/tests`
        """
        return self.items(
            ApiCall("GET", "/api/v1/tests", partial(shape_of, TestPage, None), query=given(state=state, limit=limit)),
            lambda page: page.tests,
        )

    async def register_test(self, body: NewTest, *, key: str = "") -> TestCreated:
        """Register a test of a patient who was informed and agreed.

        `POST /api/v1/tests`
        """
        return await self.do(
            ApiCall(
                "POST",
                "/api/v1/tests",
                partial(shape_of, TestCreated, None),
                body=body.sent(),
                headers=headers(media="application/json", key=key or drawn_key()),
            )
        )

    def patient_tests(
        self, patient_id: UUID | str, *, state: str = "", limit: int | None = None
    ) -> AsyncIterator[TestLine]:
        """List a patient's tests, newest first.

        `GET /api/v1/patients/{patient_id}/tests`
        """
        return self.items(
            ApiCall(
                "GET",
                f"/api/v1/patients/{place(patient_id)}/tests",
                partial(shape_of, TestPage, None),
                query=given(state=state, limit=limit),
            ),
            lambda page: page.tests,
        )

    def changes(
        self, *, limit: int | None = None, after: str = "", pause: float | None = None
    ) -> AsyncIterator[ChangePage]:
        """List the tests that changed since a cursor, with the states of their parcels and letters.

        `GET /api/v1/changes`
        """
        return self.follow(
            ApiCall("GET", "/api/v1/changes", partial(shape_of, ChangePage, None), query=given(limit=limit)),
            after,
            pause,
        )

    async def test(self, record_id: UUID | str, *, known: TestAnswer | None = None) -> TestAnswer:
        """Read a test, what is proposed and what is signed.

        `GET /api/v1/tests/{record_id}`
        """
        return await self.do(
            ApiCall(
                "GET",
                f"/api/v1/tests/{place(record_id)}",
                partial(shape_of, TestAnswer, known),
                headers=headers(known=known),
            )
        )

    async def sample(self, record_id: UUID | str, body: SampleBody, *, if_match: str = "", key: str = "") -> Nothing:
        """Record the sample.

        `POST /api/v1/tests/{record_id}/sample`
        """
        return await self.do(
            ApiCall(
                "POST",
                f"/api/v1/tests/{place(record_id)}/sample",
                partial(shape_of, Nothing, None),
                body=body.sent(),
                headers=headers(media="application/json", if_match=if_match, key=key or drawn_key()),
            )
        )

    async def propose(self, record_id: UUID | str, body: ReadingBody, *, if_match: str = "", key: str = "") -> Nothing:
        """Propose a result, which a pharmacist signs or puts aside.

        `POST /api/v1/tests/{record_id}/proposal`
        """
        return await self.do(
            ApiCall(
                "POST",
                f"/api/v1/tests/{place(record_id)}/proposal",
                partial(shape_of, Nothing, None),
                body=body.sent(),
                headers=headers(media="application/json", if_match=if_match, key=key or drawn_key()),
            )
        )

    async def withdraw(self, record_id: UUID | str, *, if_match: str = "", key: str = "") -> Nothing:
        """Take a proposal back.

        `POST /api/v1/tests/{record_id}/proposal/withdraw`
        """
        return await self.do(
            ApiCall(
                "POST",
                f"/api/v1/tests/{place(record_id)}/proposal/withdraw",
                partial(shape_of, Nothing, None),
                headers=headers(if_match=if_match, key=key or drawn_key()),
            )
        )

    async def propose_correction(
        self, record_id: UUID | str, body: CorrectionBody, *, if_match: str = "", key: str = ""
    ) -> Nothing:
        """Propose a correction of a signed result, which a pharmacist signs or refuses.

        `POST /api/v1/tests/{record_id}/correction`
        """
        return await self.do(
            ApiCall(
                "POST",
                f"/api/v1/tests/{place(record_id)}/correction",
                partial(shape_of, Nothing, None),
                body=body.sent(),
                headers=headers(media="application/json", if_match=if_match, key=key or drawn_key()),
            )
        )

    async def propose_cancellation(
        self, record_id: UUID | str, body: CancellationBody, *, if_match: str = "", key: str = ""
    ) -> Nothing:
        """Propose that a signed result be declared void, which a pharmacist signs or refuses.

        `POST /api/v1/tests/{record_id}/cancellation`
        """
        return await self.do(
            ApiCall(
                "POST",
                f"/api/v1/tests/{place(record_id)}/cancellation",
                partial(shape_of, Nothing, None),
                body=body.sent(),
                headers=headers(media="application/json", if_match=if_match, key=key or drawn_key()),
            )
        )

    async def withdraw_amendment(self, record_id: UUID | str, *, if_match: str = "", key: str = "") -> Nothing:
        """Take back what is proposed of a signed result.

        `POST /api/v1/tests/{record_id}/amendment/withdraw`
        """
        return await self.do(
            ApiCall(
                "POST",
                f"/api/v1/tests/{place(record_id)}/amendment/withdraw",
                partial(shape_of, Nothing, None),
                headers=headers(if_match=if_match, key=key or drawn_key()),
            )
        )

    async def abandon(self, record_id: UUID | str, *, if_match: str = "", key: str = "") -> Nothing:
        """Close a test that will have no result.

        `POST /api/v1/tests/{record_id}/abandon`
        """
        return await self.do(
            ApiCall(
                "POST",
                f"/api/v1/tests/{place(record_id)}/abandon",
                partial(shape_of, Nothing, None),
                headers=headers(if_match=if_match, key=key or drawn_key()),
            )
        )

    async def hand_in(self, body: WholeResults, *, key: str = "") -> ResultVerdicts:
        """Hand in results whole, each with a verdict of its own.

        `POST /api/v1/results`
        """
        return await self.do(
            ApiCall(
                "POST",
                "/api/v1/results",
                partial(shape_of, ResultVerdicts, None),
                body=body.sent(),
                headers=headers(media="application/json", key=key or drawn_key()),
                is_under_way=are_under_way,
            )
        )

    async def hl7(self, content: bytes, *, notice: str = "") -> list[MessageVerdict]:
        """Hand in results, or orders of tests, as HL7 v2 messages, each answered by its ACK.

        `POST /api/v1/hl7`
        """
        return await self.do(
            ApiCall(
                "POST",
                "/api/v1/hl7",
                message_verdicts,
                query=given(notice=notice),
                body=content,
                headers=headers(media="application/hl7-v2"),
                is_under_way=is_locked,
            )
        )

    async def letters(self, record_id: UUID | str) -> Letters:
        """Tell how far the patient's letters have come.

        `GET /api/v1/tests/{record_id}/letters`
        """
        return await self.do(
            ApiCall("GET", f"/api/v1/tests/{place(record_id)}/letters", partial(shape_of, Letters, None))
        )

    async def parcels(self, record_id: UUID | str) -> Parcels:
        """Tell where a result's parcels are.

        `GET /api/v1/tests/{record_id}/parcels`
        """
        return await self.do(
            ApiCall("GET", f"/api/v1/tests/{place(record_id)}/parcels", partial(shape_of, Parcels, None))
        )
