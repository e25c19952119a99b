"""The table of every page: its address, who may reach it, and how. No page exists outside it."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery

from temoin.pharmacies.professions import Right
from temoin.web.access import Access, Route
from temoin.web.views import counter, gallery, journal, lots, patients, records, results
from temoin.web.views.account import SetUpView, to_work

READ = ("GET",)
WRITE = ("POST",)
FORM = ("GET", "POST")

_SIGN_IN = [
    Route(name="account_login", path="account/sign-in/", view=account.login, access=Access.PUBLIC, methods=FORM),
    Route(name="account_logout", path="account/sign-out/", view=account.logout, access=Access.PUBLIC, methods=FORM),
    Route(name="account_inactive", path="account/suspended/", view=account.account_inactive, access=Access.PUBLIC),
    Route(
        name="account_reauthenticate",
        path="account/confirm/",
        view=account.reauthenticate,
        access=Access.PASSWORD,
        methods=FORM,
    ),
    Route(
        name="account_change_password",
        path="account/password/",
        view=account.password_change,
        access=Access.SIGNED_IN,
        methods=FORM,
    ),
    Route(
        name="mfa_authenticate",
        path="account/second-factor/",
        view=second_factor.authenticate,
        access=Access.PUBLIC,
        methods=FORM,
    ),
    Route(
        name="mfa_reauthenticate",
        path="account/second-factor/confirm/",
        view=second_factor.reauthenticate,
        access=Access.SIGNED_IN,
        methods=FORM,
    ),
    Route(
        name="mfa_activate_totp",
        path="account/second-factor/set-up/",
        view=SetUpView.as_view(),
        access=Access.PASSWORD,
        methods=FORM,
    ),
    Route(name="mfa_index", path="account/second-factor/done/", view=to_work, access=Access.SIGNED_IN),
    Route(
        name="mfa_view_recovery_codes",
        path="account/recovery-codes/",
        view=recovery.view_recovery_codes,
        access=Access.SIGNED_IN,
    ),
    Route(
        name="mfa_generate_recovery_codes",
        path="account/recovery-codes/renew/",
        view=recovery.generate_recovery_codes,
        access=Access.SIGNED_IN,
        methods=FORM,
    ),
]
_HOUSE = [
    Route(name="healthz", path="healthz", view=counter.sign_of_life, access=Access.PUBLIC),
    Route(name="set_language", path="language/", view=counter.language, access=Access.PUBLIC, methods=WRITE),
    Route(
        name="choose_pharmacy",
        path="pharmacy/",
        view=counter.choose_pharmacy,
        access=Access.SIGNED_IN,
        methods=FORM,
    ),
    Route(name="help", path="help/", view=counter.guide, access=Access.SEATED),
    Route(name="gallery", path="gallery/", view=gallery.gallery, access=Access.SEATED),
    Route(name="home", path="", view=counter.home, access=Right.READ_TEST),
]
_PATIENTS = [
    Route(
        name="find_patient",
        path="patients/",
        view=patients.find_patient,
        access=Right.READ_PATIENT,
        methods=FORM,
    ),
    Route(
        name="new_patient",
        path="patients/new/",
        view=patients.new_patient,
        access=Right.REGISTER_PATIENT,
        methods=FORM,
    ),
    Route(name="patient", path="patients/<uuid:patient_id>/", view=patients.patient, access=Right.READ_PATIENT),
    Route(
        name="amend_patient",
        path="patients/<uuid:patient_id>/amend/",
        view=patients.amend,
        access=Right.REGISTER_PATIENT,
        methods=FORM,
    ),
    Route(
        name="new_test",
        path="patients/<uuid:patient_id>/test/",
        view=patients.new_test,
        access=Right.REGISTER_TEST,
        methods=FORM,
    ),
]
_TESTS = [
    Route(name="test", path="tests/<uuid:record_id>/", view=records.record, access=Right.READ_TEST),
    Route(
        name="sample",
        path="tests/<uuid:record_id>/sample/",
        view=records.sample,
        access=Right.TAKE_SAMPLE,
        methods=WRITE,
    ),
    Route(
        name="abandon",
        path="tests/<uuid:record_id>/abandon/",
        view=records.abandon,
        access=Right.TAKE_SAMPLE,
        methods=WRITE,
    ),
    Route(name="ticket", path="tests/<uuid:record_id>/ticket/", view=records.ticket, access=Right.REGISTER_TEST),
    Route(
        name="renew_ticket",
        path="tests/<uuid:record_id>/ticket/renew/",
        view=records.renew,
        access=Right.PRINT_RESULT,
        methods=WRITE,
    ),
    Route(name="parcels", path="tests/<uuid:record_id>/parcels/", view=records.parcels, access=Right.READ_TEST),
    Route(
        name="release",
        path="tests/<uuid:record_id>/parcels/<uuid:parcel_id>/release/",
        view=records.release,
        access=Right.RELEASE_PARCEL,
        methods=WRITE,
    ),
    Route(
        name="sign",
        path="tests/<uuid:record_id>/sign/",
        view=results.sign,
        access=Right.SIGN_RESULT,
        methods=WRITE,
    ),
    Route(
        name="correct",
        path="tests/<uuid:record_id>/correct/",
        view=results.correct,
        access=Right.CORRECT_RESULT,
        methods=FORM,
    ),
    Route(
        name="cancel",
        path="tests/<uuid:record_id>/cancel/",
        view=results.cancel,
        access=Right.CORRECT_RESULT,
        methods=FORM,
    ),
    Route(
        name="print_result",
        path="tests/<uuid:record_id>/print/",
        view=results.print_result,
        access=Right.PRINT_RESULT,
    ),
]
_LOTS = [
    Route(name="lots", path="lots/", view=lots.lots, access=Right.READ_TEST),
    Route(name="receive_lot", path="lots/receive/", view=lots.receive, access=Right.RECEIVE_LOT, methods=WRITE),
]
_JOURNAL = [
    Route(name="journal", path="journal/", view=journal.events, access=Right.READ_JOURNAL),
    Route(name="journal_review", path="journal/review/", view=journal.review, access=Right.READ_JOURNAL),
    Route(name="journal_export", path="journal/export.csv", view=journal.export, access=Right.READ_JOURNAL),
    Route(name="looks", path="tests/<uuid:record_id>/looks/", view=journal.looks, access=Right.READ_JOURNAL),
    Route(
        name="looks_file",
        path="tests/<uuid:record_id>/looks/proof.json",
        view=journal.looks_file,
        access=Right.READ_JOURNAL,
    ),
]

ROUTES: tuple[Route, ...] = (*_SIGN_IN, *_HOUSE, *_PATIENTS, *_TESTS, *_LOTS, *_JOURNAL)
