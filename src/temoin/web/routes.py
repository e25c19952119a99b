"""The table of every page: its address, who may reach it, and how. No page exists outside it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponseBase

from temoin.pharmacies.professions import Right
from temoin.web.access import Access, GuardedRoute
from temoin.web.account_routes import ACCOUNTS
from temoin.web.counter_routes import COUNTER
from temoin.web.file_routes import FILES
from temoin.web.group_routes import GROUPS
from temoin.web.lot_routes import LOTS
from temoin.web.proposal_routes import PROPOSALS
from temoin.web.result_routes import RESULTS
from temoin.web.views import (
    counter,
    gallery,
    handover,
    journal,
    lawful,
    letters,
    merging,
    patients,
    programs,
    records,
    recovery,
    results,
    rights,
    session,
    team,
    training,
    transmissions,
    webhooks,
)

View = Callable[..., HttpResponseBase]

READ = ("GET",)
WRITE = ("POST",)
FORM = ("GET", "POST")


_HOUSE = [
    GuardedRoute(name="session", path="session/", view=session.session, access=Access.PUBLIC, methods=FORM),
    GuardedRoute(name="keep_form", path="session/form/", view=session.keep_form, access=Access.PUBLIC, methods=WRITE),
    GuardedRoute(name="set_language", path="language/", view=counter.language, access=Access.PUBLIC, methods=WRITE),
    GuardedRoute(
        name="choose_pharmacy",
        path="pharmacy/",
        view=counter.choose_pharmacy,
        access=Access.SIGNED_IN,
        methods=FORM,
    ),
    GuardedRoute(name="training", path="training/", view=training.training, access=Access.SEATED, methods=WRITE),
    GuardedRoute(name="hand_over", path="hand-over/", view=handover.hand_over, access=Access.SEATED, methods=FORM),
    GuardedRoute(
        name="reset_member",
        path="team/<uuid:member_id>/reset/",
        view=recovery.reset_colleague,
        access=Right.MANAGE_MEMBERS,
        methods=FORM,
        step_up=True,
    ),
    GuardedRoute(name="help", path="help/", view=counter.guide, access=Access.SEATED),
    GuardedRoute(name="lawful_bases", path="legal-bases/", view=lawful.lawful_bases, access=Access.SEATED),
    GuardedRoute(name="gallery", path="gallery/", view=gallery.gallery, access=Access.SEATED),
]
_PATIENTS = [
    GuardedRoute(
        name="find_patient",
        shows_patients=True,
        path="patients/",
        view=patients.find_patient,
        access=Right.READ_PATIENT,
        methods=FORM,
    ),
    GuardedRoute(
        name="new_patient",
        shows_patients=True,
        path="patients/new/",
        view=patients.new_patient,
        access=Right.REGISTER_PATIENT,
        methods=FORM,
    ),
    GuardedRoute(
        name="patient",
        shows_patients=True,
        path="patients/<uuid:patient_id>/",
        view=patients.patient,
        access=Right.READ_PATIENT,
    ),
    GuardedRoute(
        name="amend_patient",
        shows_patients=True,
        path="patients/<uuid:patient_id>/amend/",
        view=patients.amend,
        access=Right.REGISTER_PATIENT,
        methods=FORM,
    ),
    GuardedRoute(
        name="same_person",
        shows_patients=True,
        path="patients/<uuid:patient_id>/same/",
        view=merging.same_person,
        access=Right.MERGE_PATIENTS,
        methods=FORM,
    ),
    GuardedRoute(
        name="merge_patients",
        shows_patients=True,
        path="patients/<uuid:patient_id>/merge/<uuid:other_id>/",
        view=merging.merge,
        access=Right.MERGE_PATIENTS,
        methods=FORM,
    ),
    GuardedRoute(
        name="patient_rights",
        shows_patients=True,
        path="patients/<uuid:patient_id>/rights/",
        view=rights.patient_rights,
        access=Right.OPEN_CASE,
        methods=FORM,
    ),
    GuardedRoute(
        name="rights_case",
        shows_patients=True,
        path="rights/<uuid:case_id>/",
        view=rights.rights_case,
        access=Right.OPEN_CASE,
    ),
    GuardedRoute(
        name="answer_case",
        path="rights/<uuid:case_id>/answer/",
        view=rights.answer,
        access=Right.ANSWER_CASE,
        methods=WRITE,
    ),
    GuardedRoute(
        name="extend_case",
        path="rights/<uuid:case_id>/extend/",
        view=rights.extend,
        access=Right.ANSWER_CASE,
        methods=WRITE,
    ),
    GuardedRoute(
        name="rights_copy",
        shows_patients=True,
        path="rights/<uuid:case_id>/copy.zip",
        view=rights.copy,
        access=Right.ANSWER_CASE,
        step_up=True,
    ),
    GuardedRoute(
        name="new_test",
        shows_patients=True,
        path="patients/<uuid:patient_id>/test/",
        view=patients.new_test,
        access=Right.REGISTER_TEST,
        methods=FORM,
    ),
]
_TESTS = [
    GuardedRoute(
        name="test", shows_patients=True, path="tests/<uuid:record_id>/", view=records.record, access=Right.READ_TEST
    ),
    GuardedRoute(
        name="ticket",
        shows_patients=True,
        path="tests/<uuid:record_id>/ticket/",
        view=records.ticket,
        access=Right.REGISTER_TEST,
    ),
    GuardedRoute(name="label", path="tests/<uuid:record_id>/label/", view=records.label, access=Right.REGISTER_TEST),
    GuardedRoute(
        name="renew_ticket",
        path="tests/<uuid:record_id>/ticket/renew/",
        view=records.renew,
        access=Right.PRINT_RESULT,
        methods=WRITE,
    ),
    GuardedRoute(
        name="send_again",
        path="tests/<uuid:record_id>/link/again/",
        view=letters.send_again,
        access=Right.PRINT_RESULT,
        methods=WRITE,
    ),
    GuardedRoute(name="calls", shows_patients=True, path="calls/", view=letters.calls, access=Right.READ_TEST),
    GuardedRoute(
        name="told",
        shows_patients=True,
        path="tests/<uuid:record_id>/told/<str:way>/",
        view=letters.told,
        access=Right.PRINT_RESULT,
        methods=FORM,
    ),
    GuardedRoute(
        name="untell",
        path="tests/<uuid:record_id>/told/<uuid:telling_id>/undo/",
        view=letters.untell,
        access=Right.PRINT_RESULT,
        methods=FORM,
    ),
    GuardedRoute(name="parcels", path="tests/<uuid:record_id>/parcels/", view=records.parcels, access=Right.READ_TEST),
    GuardedRoute(
        name="release",
        path="tests/<uuid:record_id>/parcels/<uuid:parcel_id>/release/",
        view=records.release,
        access=Right.RELEASE_PARCEL,
        methods=WRITE,
    ),
    GuardedRoute(
        name="sign", path="tests/<uuid:record_id>/sign/", view=results.sign, access=Right.SIGN_RESULT, methods=WRITE
    ),
    GuardedRoute(
        name="correct",
        shows_patients=True,
        path="tests/<uuid:record_id>/correct/",
        view=results.correct,
        access=Right.CORRECT_RESULT,
        methods=FORM,
    ),
    GuardedRoute(
        name="cancel",
        shows_patients=True,
        path="tests/<uuid:record_id>/cancel/",
        view=results.cancel,
        access=Right.CORRECT_RESULT,
        methods=FORM,
    ),
    GuardedRoute(
        name="print_result",
        shows_patients=True,
        path="tests/<uuid:record_id>/print/",
        view=results.print_result,
        access=Right.PRINT_RESULT,
    ),
    GuardedRoute(
        name="result_pdf",
        shows_patients=True,
        path="tests/<uuid:record_id>/print/resultat.pdf",
        view=results.result_pdf,
        access=Right.PRINT_RESULT,
    ),
]
_TRANSMISSIONS = [
    GuardedRoute(name="transmissions", path="transmissions/", view=transmissions.work_list, access=Right.READ_TEST),
    GuardedRoute(
        name="release_alike",
        path="transmissions/release/",
        view=transmissions.release_all,
        access=Right.RELEASE_PARCEL,
        methods=WRITE,
    ),
    GuardedRoute(
        name="look_into_restore",
        path="transmissions/restore/",
        view=transmissions.look_into,
        access=Right.RELEASE_PARCEL,
        methods=WRITE,
    ),
    GuardedRoute(
        name="statement", path="transmissions/statement/", view=transmissions.statement, access=Right.READ_TEST
    ),
    GuardedRoute(
        name="sending",
        path="transmissions/<uuid:parcel_id>/",
        view=transmissions.sending,
        access=Right.READ_TEST,
    ),
    GuardedRoute(
        name="answers",
        shows_patients=True,
        path="transmissions/<uuid:parcel_id>/answers/",
        view=transmissions.answers,
        access=Right.RELEASE_PARCEL,
    ),
    GuardedRoute(
        name="release_sending",
        path="transmissions/<uuid:parcel_id>/release/",
        view=transmissions.release_one,
        access=Right.RELEASE_PARCEL,
        methods=WRITE,
    ),
    GuardedRoute(
        name="withdraw_sending",
        path="transmissions/<uuid:parcel_id>/withdraw/",
        view=transmissions.withdraw,
        access=Right.WITHDRAW_PARCEL,
        methods=WRITE,
    ),
]

_JOURNAL = [
    GuardedRoute(name="journal", path="journal/", view=journal.events, access=Right.READ_JOURNAL),
    GuardedRoute(name="journal_review", path="journal/review/", view=journal.review, access=Right.READ_JOURNAL),
    GuardedRoute(
        name="journal_export", path="journal/export.csv", view=journal.export, access=Right.READ_JOURNAL, step_up=True
    ),
    GuardedRoute(
        name="looks",
        shows_patients=True,
        path="tests/<uuid:record_id>/looks/",
        view=journal.looks,
        access=Right.READ_JOURNAL,
    ),
    GuardedRoute(
        name="looks_file",
        shows_patients=True,
        path="tests/<uuid:record_id>/looks/proof.json",
        view=journal.looks_file,
        access=Right.READ_JOURNAL,
        step_up=True,
    ),
]


def _managed(name: str, path: str, view: View, methods: tuple[str, ...] = READ) -> GuardedRoute:
    """Return a page of those who manage people and programs: a fresh factor first, for all but the team's list."""
    step_up = name != "team"
    return GuardedRoute(name=name, path=path, view=view, access=Right.MANAGE_MEMBERS, methods=methods, step_up=step_up)


_TEAM = [
    _managed("team", "team/", team.team),
    _managed("invite", "team/invite/", team.invite, FORM),
    _managed("approve_invitation", "team/invitations/<uuid:invitation_id>/approve/", team.approve, WRITE),
    _managed("withdraw_invitation", "team/invitations/<uuid:invitation_id>/withdraw/", team.withdraw, WRITE),
    _managed("compare_number", "team/numbers/<uuid:subject_id>/compare/", team.compare, WRITE),
    _managed("member", "team/<uuid:member_id>/", team.member),
    _managed("change_member", "team/<uuid:member_id>/change/", team.change, WRITE),
    _managed("suspend_member", "team/<uuid:member_id>/suspend/", team.suspend, WRITE),
    _managed("resume_member", "team/<uuid:member_id>/resume/", team.resume, WRITE),
    _managed("depart_member", "team/<uuid:member_id>/depart/", team.depart, WRITE),
]
_PROGRAMS = [
    _managed("programs", "programs/", programs.programs),
    _managed("add_program", "programs/add/", programs.add, WRITE),
    _managed("vouch_for_program", "programs/<uuid:program_id>/vouch/", programs.vouch, WRITE),
    _managed("revoke_program", "programs/<uuid:program_id>/revoke/", programs.revoke, WRITE),
    _managed("webhook", "programs/<uuid:program_id>/webhook/", webhooks.webhook),
    _managed("register_webhook", "programs/<uuid:program_id>/webhook/register/", webhooks.register, WRITE),
    _managed("move_webhook", "programs/<uuid:program_id>/webhook/move/", webhooks.move, WRITE),
    _managed("turn_webhook_secret", "programs/<uuid:program_id>/webhook/secret/", webhooks.turn, WRITE),
    _managed("try_webhook", "programs/<uuid:program_id>/webhook/try/", webhooks.send_trial, WRITE),
    _managed("end_webhook", "programs/<uuid:program_id>/webhook/end/", webhooks.end, WRITE),
]
ROUTES: tuple[GuardedRoute, ...] = (
    *(*ACCOUNTS, *_HOUSE, *COUNTER, *GROUPS),
    *(*_PATIENTS, *_TESTS, *_TRANSMISSIONS, *RESULTS, *LOTS, *PROPOSALS, *_TEAM, *_PROGRAMS, *FILES, *_JOURNAL),
)
