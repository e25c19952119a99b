"""Every loop over foreign input sets aside the item that raises; each is named here with the test that poisons it."""

from __future__ import annotations

from pathlib import Path

import pytest
from source_code import ROOT

TESTS = Path(__file__).parents[1]
# The loop, by module and function, and the test that puts a poison item before a good one.
LOOPS = {
    "mail/imap.py:read_mailbox": "transmission/test_mssante_inbox.py:"
    "test_a_mail_that_cannot_be_taken_is_flagged_and_the_next_is_read",
    "delivery/channels/email/returned_mail.py:read_returned_mail": "delivery/test_returned_mail.py:"
    "test_an_odd_mail_holds_no_other",
    "delivery/channels/sms/receipts.py:_tell": "delivery/test_sms_courier.py:"
    "test_one_that_cannot_be_told_to_its_parcel_keeps_no_other_from_being_told",
    "oversight/alarms.py:send_alarms": "oversight/test_alarms.py:test_an_alarm_that_cannot_be_written_holds_no_other",
    "oversight/staff_notices.py:write_to_staff": "oversight/test_staff_notices.py:"
    "test_a_notice_that_cannot_be_written_and_one_over_which_the_line_is_cut_hold_no_other",
    "oversight/alerts.py:tell_alerts": "web/test_alerts.py:test_an_alert_that_cannot_be_written_holds_no_other",
    "oversight/call_alarms.py:send_call_alarms": "oversight/test_call_alarms.py:"
    "test_a_pharmacy_that_cannot_be_looked_at_holds_no_other",
    "oversight/appointment_reminders.py:_each": "oversight/test_appointment_reminders.py:"
    "test_a_form_that_asks_for_no_mail_is_opened_once_and_another_that_breaks_holds_up_none",
    "delivery/revocations.py:revoke_certificates": "delivery/test_certificates_in_letters.py:"
    "test_a_certificate_that_does_not_open_holds_no_other",
    "transmission/channels/sftp/daily.py:_look_around": "transmission/test_sftp_daily.py:"
    "test_a_file_that_cannot_be_taken_is_set_aside_and_the_others_are_read",
    "transmission/asking.py:_take": "transmission/test_comparing.py:test_a_holding_in_half_characters_ends_no_run",
    "transmission/daily.py:reconcile_daily": "transmission/test_reconcile.py:"
    "test_a_destination_that_breaks_keeps_no_other_from_being_gone_through",
    "intake/results.py:import_results": "intake/test_poison_row.py:test_a_row_that_raises_holds_no_other",
    "intake/results.py:_together": "intake/test_poison_row.py:"
    "test_what_the_database_does_not_take_is_refused_by_itself_and_its_run_taken_row_by_row",
    "outbox/actions.py:post_parcels": "outbox/test_set_aside.py:"
    "test_a_courier_that_cannot_say_what_it_wants_stops_no_signature",
    "outbox/settling.py:settle_parcels": "outbox/test_worker.py:"
    "test_a_pharmacy_whose_key_is_not_to_be_had_holds_no_other",
    "retention/rounds.py:reap_all": "retention/test_rounds.py:"
    "test_a_pharmacy_that_cannot_be_gone_through_holds_no_other",
    "retention/reaping.py:_delete_all": "retention/test_rounds.py:"
    "test_a_result_that_cannot_go_holds_no_other_and_no_other_table",
    "retention/accounts.py:end_accounts": "retention/test_accounts.py:"
    "test_an_account_that_cannot_be_emptied_holds_no_other",
    "retention/arrivals.py:end_all": "arrivals/test_arrivals.py:"
    "test_a_pharmacy_whose_forms_cannot_be_ended_holds_no_other",
    "surveillance/releasing.py:_sums": "surveillance/test_releasing.py:"
    "test_a_pharmacy_whose_counts_cannot_be_added_up_is_missing_too",
    "surveillance/rounds.py:_count_each": "surveillance/test_counting.py:"
    "test_a_pharmacy_that_cannot_be_counted_holds_no_other",
    "webhooks/rounds.py:_gather": "webhooks/test_notices.py:test_a_webhook_that_cannot_be_opened_holds_no_other",
    "webhooks/rounds.py:_launch": "webhooks/test_notices.py:test_a_webhook_that_cannot_be_opened_holds_no_other",
    "pharmacies/register_checks.py:ask_register": "pharmacies/test_register_checks.py:"
    "test_a_number_that_breaks_its_look_up_holds_no_other",
    "outbox/worker.py:_with_answers": "outbox/test_worker.py:"
    "test_a_parcel_of_which_nothing_can_be_asked_is_prepared_without_and_holds_no_other",
    "outbox/worker.py:_prepare": "outbox/test_worker.py:test_one_poison_parcel_does_not_hold_the_others",
}


@pytest.mark.parametrize(("loop", "test"), LOOPS.items(), ids=LOOPS)
def test_each_loop_over_foreign_input_has_its_poison(loop, test):
    path, _, function = loop.partition(":")
    file, _, name = test.partition(":")

    assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8")
    assert f"def {name}(" in (TESTS / file).read_text(encoding="utf-8")
