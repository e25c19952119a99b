"""Every measure of ours, and every label: nothing of a person is among them."""

from __future__ import annotations

# Every measure of ours with its labels, and where the values of each label come from: all closed, none of a person.
LABELS = {
    "kind": "the kinds of event",
    "site": "staff, portal",
    "status": "1xx to 5xx",
    "verdict": "the verdicts of couriers",
    "way": "the steps of a sign-in",
    "destination": "the destinations of the settings",
    "state": "the states of a parcel",
    "duty": "the duties of the worker and the reaper, the verification of backups",
    "witness": "the witnesses of the settings",
    "certificate": "the channels of the settings, hosting",
    "le": "the bounds of a histogram",
}
SHOWN = {
    "temoin_events": {"kind"},
    "temoin_requests": {"site", "status"},
    "temoin_request_seconds": {"site", "le"},
    "temoin_signature_seconds": {"le"},
    "temoin_requests_in_progress": {"site"},
    "temoin_sign_in_failures": {"way"},
    "temoin_parcel_answers": {"destination", "verdict"},
    "temoin_database_outages": set(),
    "temoin_database_away": set(),
    "temoin_parcels": {"destination", "state"},
    "temoin_parcel_oldest_seconds": {"destination"},
    "temoin_parcel_matters": {"destination"},
    "temoin_circuit_open": {"destination"},
    "temoin_duty_failing": {"duty"},
    "temoin_duty_overdue_seconds": {"duty"},
    "temoin_journal_events": set(),
    "temoin_journal_unsealed": set(),
    "temoin_journal_unsealed_seconds": set(),
    "temoin_witness_behind": {"witness"},
    "temoin_witness_silent_seconds": {"witness"},
    "temoin_certificate_days": {"certificate"},
    "temoin_backup_age_seconds": set(),
    "temoin_archive_failing": set(),
    "temoin_webhook_matters": set(),
    "temoin_webhook_notices": set(),
}
