"""Every loop over foreign input sets aside the item that raises: each is found in the source, and named here.

Beside it stands the test that poisons it. What catches whatever is raised, and is no loop over foreign input, says why.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from source_code import ROOT, Source, sources

TESTS = Path(__file__).parents[1]
SETS_ASIDE = {"apart", "note_aside", "raised_last"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

# The loop, or what it does for one item, by module and function; and the test that puts a poison item among good ones.
LOOPS = {
    "api/analysers.py:take_astm": "api/test_analysers.py:test_a_message_that_breaks_is_refused_and_its_line_goes_on",
    "api/hl7_taken.py:acknowledged": "api/test_hl7_messages.py:test_a_message_that_breaks_holds_no_other_of_its_call",
    "api/listening.py:take_frame": "api/test_listening.py:test_a_broken_seal_is_answered_and_the_owners_are_told",
    "delivery/channels/sms/receipts.py:_tell_one": "delivery/test_sms_courier.py:"
    "test_one_that_cannot_be_told_to_its_parcel_keeps_no_other_from_being_told",
    "delivery/channels/sms/receipts.py:read": "delivery/test_sms_courier.py:"
    "test_one_odd_message_keeps_no_other_from_being_told",
    "delivery/revocations.py:revoke_certificates": "delivery/test_certificates_in_letters.py:"
    "test_a_certificate_that_does_not_open_holds_no_other",
    "delivery/state_certificates.py:ask_state": "delivery/test_state_certificates.py:"
    "test_whatever_a_state_does_the_letter_leaves_with_our_own_and_says_so",
    "delivery/ticket_codes.py:destroy_codes": "delivery/test_ticket_codes.py:"
    "test_a_ticket_that_does_not_open_keeps_no_other_from_its_end",
    "intake/results.py:_outcome": "intake/test_poison_row.py:test_a_row_that_the_database_does_not_take_holds_no_other",
    "intake/results.py:_together": "intake/test_poison_row.py:"
    "test_a_row_that_the_database_does_not_take_holds_no_other",
    "intake/whole.py:_fate": "api/test_many_results.py:test_one_that_cannot_be_stored_keeps_no_other_from_being_taken",
    "intake/whole.py:take_results": "api/test_many_results.py:"
    "test_where_one_commit_does_not_work_each_is_taken_by_itself",
    "mail/imap.py:has_set_aside": "transmission/test_mssante_inbox.py:"
    "test_a_mail_over_which_the_server_ends_the_line_holds_no_other",
    "mail/imap.py:_read_one": "transmission/test_mssante_inbox.py:"
    "test_a_mail_that_cannot_be_taken_is_flagged_and_the_next_is_read",
    "outbox/actions.py:post_parcels": "outbox/test_set_aside.py:"
    "test_a_courier_that_cannot_say_what_it_wants_stops_no_signature",
    "outbox/duties.py:_do": "outbox/test_set_aside.py:test_a_duty_that_fails_is_shown_until_it_goes_well",
    "outbox/settling.py:_set_back": "outbox/test_set_aside.py:"
    "test_an_answer_that_cannot_be_kept_is_told_in_clear_and_paused",
    "outbox/settling.py:_settle_alone": "outbox/test_worker.py:"
    "test_a_pharmacy_whose_key_is_not_to_be_had_holds_no_other",
    "outbox/settling.py:_settle_in_parts": "outbox/test_worker.py:"
    "test_a_pharmacy_whose_key_is_not_to_be_had_holds_no_other",
    "outbox/worker.py:_foreseen": "outbox/test_worker.py:"
    "test_a_parcel_of_which_nothing_can_be_asked_is_prepared_without_and_holds_no_other",
    "outbox/worker.py:_prepare": "outbox/test_worker.py:test_a_poison_parcel_among_them_is_the_only_one_to_wait",
    "outbox/worker.py:_prepare_one": "outbox/test_worker.py:test_one_poison_parcel_does_not_hold_the_others",
    "outbox/worker.py:_settle": "outbox/test_worker.py:"
    "test_what_a_courier_set_aside_of_a_folder_is_on_the_list_of_the_lanes",
    "outbox/worker.py:_with_answers": "outbox/test_worker.py:test_an_asking_that_fails_holds_no_parcel_up",
    "oversight/alarms.py:send_alarms": "oversight/test_alarms.py:test_an_alarm_that_cannot_be_written_holds_no_other",
    "oversight/alerts.py:tell_alerts": "web/test_alerts.py:test_an_alert_that_cannot_be_written_holds_no_other",
    "oversight/appointment_reminders.py:_each": "oversight/test_appointment_reminders.py:"
    "test_what_cannot_be_written_down_of_one_appointment_holds_no_other",
    "oversight/appointment_reminders.py:send_changes": "oversight/test_appointment_reminders.py:"
    "test_a_pharmacy_whose_appointments_cannot_be_read_holds_no_other",
    "oversight/appointment_reminders.py:send_reminders": "oversight/test_appointment_reminders.py:"
    "test_a_pharmacy_whose_appointments_cannot_be_read_holds_no_other",
    "oversight/call_alarms.py:send_call_alarms": "oversight/test_call_alarms.py:"
    "test_a_pharmacy_that_cannot_be_looked_at_holds_no_other",
    "oversight/staff_notices.py:write_to_staff": "oversight/test_staff_notices.py:"
    "test_a_notice_that_cannot_be_written_and_one_over_which_the_line_is_cut_hold_no_other",
    "retention/accounts.py:end_accounts": "retention/test_accounts.py:"
    "test_an_account_that_cannot_be_emptied_holds_no_other",
    "retention/arrivals.py:end_all": "arrivals/test_arrivals.py:"
    "test_a_pharmacy_whose_forms_cannot_be_ended_holds_no_other",
    "retention/reaping.py:_delete_all": "retention/test_rounds.py:"
    "test_a_result_that_cannot_go_holds_no_other_and_no_other_table",
    "retention/rounds.py:_delete_passing": "retention/test_rounds.py:"
    "test_one_table_that_passes_holds_neither_the_others_nor_the_results",
    "retention/rounds.py:_delete_results": "retention/test_rounds.py:"
    "test_a_result_that_cannot_go_holds_no_other_and_no_other_table",
    "retention/rounds.py:reap_all": "retention/test_rounds.py:"
    "test_a_pharmacy_that_cannot_be_gone_through_holds_no_other",
    "retention/rounds.py:reap_pharmacy": "retention/test_rounds.py:"
    "test_one_table_that_passes_holds_neither_the_others_nor_the_results",
    "signin/tries.py:record_tries": "web/test_strangers_tries.py:test_tries_that_cannot_be_written_down_hold_no_others",
    "surveillance/releasing.py:_sums": "surveillance/test_releasing.py:"
    "test_a_pharmacy_whose_counts_cannot_be_added_up_is_missing_too",
    "surveillance/rounds.py:_count_each": "surveillance/test_counting.py:"
    "test_a_pharmacy_that_cannot_be_counted_holds_no_other",
    "transmission/channels/sftp/daily.py:_keys_in": "transmission/test_sftp_daily.py:"
    "test_a_file_of_ours_that_says_no_keys_is_set_aside_and_the_others_are_read",
    "transmission/channels/sftp/daily.py:_lines_once": "transmission/test_sftp_daily.py:"
    "test_a_file_that_cannot_be_taken_is_set_aside_and_the_others_are_read",
    "transmission/daily.py:_failure_of": "transmission/test_reconcile.py:"
    "test_a_destination_that_breaks_keeps_no_other_from_being_gone_through",
    "transmission/mending.py:mend_day": "transmission/test_reconcile.py:"
    "test_a_difference_that_cannot_be_mended_holds_no_other",
    "transmission/reconcile.py:_close_mended": "transmission/test_reconcile.py:"
    "test_a_difference_that_cannot_be_kept_or_closed_holds_no_other",
    "transmission/reconcile.py:_note": "transmission/test_reconcile.py:"
    "test_a_difference_that_cannot_be_kept_or_closed_holds_no_other",
    "transmission/reconcile.py:apart": "transmission/test_reconcile.py:"
    "test_a_difference_that_cannot_be_kept_or_closed_holds_no_other",
    "webhooks/rounds.py:_gather": "webhooks/test_notices.py:"
    "test_a_webhook_whose_notices_cannot_be_written_holds_no_other",
    "webhooks/rounds.py:_land": "webhooks/test_notices.py:"
    "test_a_webhook_whose_notices_cannot_be_written_holds_no_other",
    "webhooks/rounds.py:_launch": "webhooks/test_notices.py:test_a_webhook_that_cannot_be_opened_holds_no_other",
}
# What needs no such catch: the odd item is known by its kind, or made whole where it is read.
BY_KIND = {
    "delivery/channels/email/returned_mail.py:read_returned_mail": "delivery/test_returned_mail.py:"
    "test_an_odd_mail_holds_no_other",
    "pharmacies/register_checks.py:ask_register": "pharmacies/test_register_checks.py:"
    "test_a_number_that_breaks_its_look_up_holds_no_other",
    "transmission/asking.py:_take": "transmission/test_comparing.py:test_a_holding_in_half_characters_ends_no_run",
}
# What catches whatever is raised, and goes on with no other item.
FRAMES = {
    "cli/main.py:_answer": "the outermost frame of a command: the person is told in words",
    "intake/handing.py:_run": "the outermost frame of a file's thread: its rows have their own",
    "journal/sealer.py:_follow_on": "a thread of one witness alone, which asks it again",
    "journal/sealer.py:_seal_on": "the thread of the sealer: one tree, which is tried again",
    "lib/raised_last.py:part": "what the loops of a round are made of",
    "outbox/duties.py:run": "the thread of the duties, each of which has its own catch",
    "outbox/set_aside.py:apart": "what the loops are made of",
    "outbox/worker.py:run": "the thread of a lane: its parcels have their own",
}


def name_of(node: ast.AST) -> str:
    return getattr(node, "id", None) or getattr(node, "attr", "")


def around(source: Source, nodes: list[ast.AST]) -> set[str]:
    """Return the functions in which these stand: of each, the innermost."""
    found = set()
    for node in nodes:
        holds = [one for one in source.nodes(*FUNCTIONS) if one.lineno <= node.lineno <= one.end_lineno]
        found.add(max(holds, key=lambda one: one.lineno).name)
    return found


def calls_of(source: Source, names: set[str]) -> list[ast.AST]:
    return [node for node in source.nodes(ast.Call) if name_of(node.func) in names]


def goes_on_after_anything(caught: ast.ExceptHandler) -> bool:
    """Tell whether it catches every kind of error, and does not always raise it again."""
    kinds = {name_of(node) for node in ast.walk(caught.type)} if caught.type else {"Exception"}
    return bool(kinds & {"Exception", "BaseException"}) and not isinstance(caught.body[-1], ast.Raise)


def found_in(source: Source) -> set[str]:
    """Return what sets items aside in a module: what of its own only wraps that stands for it, where it is called."""
    contexts = {
        one.name
        for one in source.nodes(*FUNCTIONS)
        if any(name_of(each) == "contextmanager" for each in one.decorator_list)
    }
    wrappers = {name for name in contexts & around(source, calls_of(source, SETS_ASIDE)) if calls_of(source, {name})}
    broad = [node for node in source.nodes(ast.ExceptHandler) if goes_on_after_anything(node)]
    found = around(source, calls_of(source, SETS_ASIDE | wrappers) + broad) - wrappers
    return {f"{source.path}:{name}" for name in found}


def test_what_sets_items_aside_is_named_with_its_poison_or_says_why_it_needs_none():
    found = {name for source in sources() if not source.room.startswith("temoin_") for name in found_in(source)}

    assert found == LOOPS.keys() | FRAMES.keys()


@pytest.mark.parametrize("loop", [*LOOPS, *BY_KIND])
def test_each_loop_over_foreign_input_has_its_poison(loop):
    path, _, function = loop.partition(":")
    file, _, name = {**LOOPS, **BY_KIND}[loop].partition(":")

    assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8")
    assert f"def {name}(" in (TESTS / file).read_text(encoding="utf-8")
