"""Opening a patient's form is a look: the index over looks has its kind, under a name of its own until it stands."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

_ONE = ["patient.read", "arrival.read", "test.read", "result.printed", "ticket.printed", "answers.read", "looks.listed"]
_SEVERAL = ["patient.searched", "test.list_read", "results.read"]


class Migration(migrations.Migration):
    """One index made anew, beside who writes."""

    atomic = False
    dependencies: ClassVar = [("journal", "0014_worker_reads_seals")]
    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                fields=["pharmacy_id", "actor_id", "at"],
                name="journal_event_looker",
                condition=models.Q(kind__in=[*_ONE, *_SEVERAL]),
            ),
        ),
        RemoveIndexConcurrently(model_name="event", name="journal_event_reader"),
    ]
