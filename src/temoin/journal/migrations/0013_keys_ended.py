"""An index of the events that destroyed a data key: the ledger of destroyed keys is held against them."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """A few rows a month of each pharmacy, found without going through the journal."""

    atomic = False
    dependencies: ClassVar = [("journal", "0012_worker_reads_erasures")]
    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                fields=["pharmacy_id", "subject_id"],
                name="journal_event_key_ended",
                condition=models.Q(kind="data_key.destroyed"),
            ),
        ),
    ]
