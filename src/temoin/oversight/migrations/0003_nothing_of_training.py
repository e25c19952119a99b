"""A training counter has rows only where something is practised: nothing that leaves, no program, nothing for patients."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import keep_out_training
from temoin.lib.training import NOT_OF_TRAINING

KEPT_OUT = (
    *("outbox_parcel", "outbox_attempt", "outbox_sides", "delivery_letter", "certificates_issued"),
    *("transmission_difference", "webhooks_webhook", "webhooks_notice"),
    *("surveillance_counted_day", "surveillance_sender_week"),
    *("pharmacies_program", "pharmacies_program_token", "pharmacies_program_call"),
    *("pharmacies_invitation", "pharmacies_register_check", "oversight_call_watch", "oversight_alarm"),
    *("arrivals_poster", "arrivals_key", "arrivals_arrival", "arrivals_calendar"),
    *("intake_file_terms", "intake_file_progress", "testing_orphan_result"),
    *("retention_hold", "retention_case"),
)
MARKED = f"({NOT_OF_TRAINING.replace('pharmacy_id', 'id')}) = (finess NOT LIKE 'X%')"


class Migration(migrations.Migration):
    """The pharmacy's number says that it is a training counter, and the mark before its public one says the same."""

    atomic = False
    dependencies: ClassVar = [
        ("oversight", "0002_call_watch"),
        ("arrivals", "0005_readable_hours"),
        ("certificates", "0001_initial"),
        ("delivery", "0005_certificate"),
        ("intake", "0002_file_progress"),
        ("outbox", "0010_sides"),
        ("pharmacies", "0003_program_calls"),
        ("retention", "0002_cases"),
        ("surveillance", "0004_sender_weeks"),
        ("testing", "0017_orphan_results"),
        ("transmission", "0002_isolation"),
        ("webhooks", "0003_kinds_validated"),
    ]
    operations: ClassVar = [
        *(keep_out_training(table) for table in KEPT_OUT),
        keep_out_training("pharmacies_pharmacy", MARKED),
    ]
