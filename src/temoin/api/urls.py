"""The table of every operation of the API, and the addresses made from it and from nothing else."""

from django.urls import path

from temoin.api import (
    answers,
    bodies,
    fhir,
    hl7,
    list_views,
    openapi,
    patient_views,
    record_views,
    views,
    whole_results,
)
from temoin.api.guard import AddressView, Open, Operation
from temoin.pharmacies.professions import Right

TEST = "api/v1/tests/<uuid:record_id>"
NOTICE = (("notice", "^.{1,40}$"),)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="token",
        path="api/token",
        view=views.token,
        asks=Open.NOTHING,
        method="POST",
        summary="Get a token for an assertion (RFC 7523)",
        is_told=False,
    ),
    Operation(
        name="openapi",
        path="api/v1/openapi.json",
        view=openapi.openapi,
        asks=Open.NOTHING,
        summary="This specification",
        is_told=False,
    ),
    Operation(
        name="whoami",
        path="api/v1/whoami",
        view=views.whoami,
        asks=Open.TOKEN,
        answers=bodies.ProgramTold,
        summary="Tell the program who it is here, where, and what it may ask",
    ),
    Operation(
        name="kinds",
        path="api/v1/kinds",
        view=record_views.kinds,
        asks=Open.TOKEN,
        answers=bodies.Kinds,
        summary="List the kinds of test on offer, with their codes",
    ),
    Operation(
        name="lots",
        path="api/v1/lots",
        view=list_views.lots,
        asks=Right.READ_TEST,
        answers=bodies.Lots,
        is_paged=True,
        summary="List the lots that may be used today",
    ),
    Operation(
        name="lots_of_kind",
        path="api/v1/kinds/<slug:kind>/lots",
        view=list_views.lots_of_kind,
        asks=Right.READ_TEST,
        answers=bodies.Lots,
        is_paged=True,
        summary="List the lots of a kind that may be used today",
    ),
    Operation(
        name="search_patients",
        path="api/v1/patients/search",
        view=patient_views.search,
        asks=Right.READ_PATIENT,
        method="POST",
        body=bodies.PatientQuestion,
        answers=bodies.FoundPatients,
        is_once=False,  # it changes nothing
        is_look=True,
        summary="Look for patients by NIR, or by family name and birth date",
    ),
    Operation(
        name="register_patient",
        path="api/v1/patients",
        view=patient_views.register,
        asks=Right.REGISTER_PATIENT,
        method="POST",
        body=bodies.NewPatient,
        answers=bodies.Created,
        status=201,
        summary="Register a patient",
    ),
    Operation(
        name="patient",
        path="api/v1/patients/<uuid:patient_id>",
        view=patient_views.patient,
        asks=Right.READ_PATIENT,
        answers=bodies.PatientAnswer,
        version=patient_views.version,
        summary="Read a patient's record",
    ),
    Operation(
        name="tests",
        path="api/v1/tests",
        view=list_views.tests,
        asks=Right.READ_TEST,
        answers=bodies.TestPage,
        asked=list_views.STATES,
        is_paged=True,
        summary="List tests, newest first: all, those under way or those that are done",
    ),
    Operation(
        name="patient_tests",
        path="api/v1/patients/<uuid:patient_id>/tests",
        view=list_views.patient_tests,
        asks=Right.READ_TEST,
        answers=bodies.TestPage,
        asked=list_views.STATES,
        is_paged=True,
        summary="List a patient's tests, newest first",
    ),
    Operation(
        name="changes",
        path="api/v1/changes",
        view=list_views.changes,
        asks=Right.READ_TEST,
        answers=bodies.ChangePage,
        is_paged=True,
        summary="List the tests that changed since a cursor, with the states of their parcels and letters",
    ),
    Operation(
        name="register_test",
        path="api/v1/tests",
        view=record_views.register,
        asks=Right.REGISTER_TEST,
        method="POST",
        body=bodies.NewTest,
        answers=bodies.TestCreated,
        status=201,
        summary="Register a test of a patient who was informed and agreed",
    ),
    Operation(
        name="test",
        path=TEST,
        view=record_views.test,
        asks=Right.READ_TEST,
        answers=bodies.TestAnswer,
        version=record_views.version,
        summary="Read a test, what is proposed and what is signed",
    ),
    Operation(
        name="sample",
        path=f"{TEST}/sample",
        view=record_views.sample,
        asks=Right.TAKE_SAMPLE,
        method="POST",
        body=bodies.SampleBody,
        version=record_views.version_to_change,
        summary="Record the sample",
    ),
    Operation(
        name="propose",
        path=f"{TEST}/proposal",
        view=record_views.propose,
        asks=Right.PROPOSE_RESULT,
        method="POST",
        body=bodies.ReadingBody,
        version=record_views.version_to_change,
        replaces=record_views.is_proposed,
        summary="Propose a result, which a pharmacist signs or puts aside",
    ),
    Operation(
        name="withdraw",
        path=f"{TEST}/proposal/withdraw",
        view=record_views.withdraw,
        asks=Right.PROPOSE_RESULT,
        method="POST",
        version=record_views.version_to_change,
        replaces=record_views.is_proposed,
        summary="Take a proposal back",
    ),
    Operation(
        name="abandon",
        path=f"{TEST}/abandon",
        view=record_views.abandon,
        asks=Right.TAKE_SAMPLE,
        method="POST",
        version=record_views.version_to_change,
        summary="Close a test that will have no result",
    ),
    Operation(
        name="hand_in",
        path="api/v1/results",
        view=whole_results.hand_in,
        asks=Right.PROPOSE_RESULT,
        method="POST",
        body=bodies.WholeResults,
        answers=bodies.ResultVerdicts,
        is_once=False,  # each of its results is
        takes_key=True,
        summary="Hand in results whole, each with a verdict of its own",
    ),
    Operation(
        name="hl7",
        path="api/v1/hl7",
        view=hl7.take_messages,
        asks=Right.PROPOSE_RESULT,
        method="POST",
        media=hl7.MEDIA,
        asked=NOTICE,
        is_once=False,  # each message is, under its MSH-10
        summary="Hand in results as HL7 v2 messages, each answered by its ACK",
    ),
    Operation(
        name="fhir",
        path="api/v1/fhir",
        view=fhir.take_bundle,
        asks=Right.PROPOSE_RESULT,
        method="POST",
        media=fhir.MEDIA,
        asked=NOTICE,
        is_once=False,  # its view is
        takes_key=True,
        summary="Hand in results as a FHIR R4 Bundle, all of it or nothing",
    ),
    Operation(
        name="fhir_validate",
        path="api/v1/fhir/$validate",
        view=fhir.validate,
        asks=Right.PROPOSE_RESULT,
        method="POST",
        media=fhir.MEDIA,
        is_once=False,  # it changes nothing
        summary="Tell what is wrong with a FHIR R4 Bundle of results, and keep nothing",
    ),
    Operation(
        name="fhir_metadata",
        path="api/v1/fhir/metadata",
        view=fhir.metadata,
        asks=Open.NOTHING,
        summary="What is taken as FHIR: the CapabilityStatement",
        is_told=False,
    ),
    Operation(
        name="letters",
        path=f"{TEST}/letters",
        view=record_views.letters,
        asks=Right.READ_TEST,
        answers=bodies.Letters,
        summary="Tell how far the patient's letters have come",
    ),
    Operation(
        name="parcels",
        path=f"{TEST}/parcels",
        view=record_views.parcels,
        asks=Right.READ_TEST,
        answers=bodies.Parcels,
        summary="Tell where a result's parcels are",
    ),
)


_PLACES = {operation.path for operation in OPERATIONS}
_ADDRESSES = {place: AddressView(one for one in OPERATIONS if one.path == place) for place in _PLACES}

# An address has the name of each of its operations, so that any can be turned back into it.
urlpatterns = [path(operation.path, _ADDRESSES[operation.path], name=operation.name) for operation in OPERATIONS]

handler400 = answers.bad_request
handler404 = answers.not_found
handler500 = answers.failed
