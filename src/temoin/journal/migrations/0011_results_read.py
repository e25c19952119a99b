"""A look at a list of results is a look at several: both indexes over looks have its kind."""

from typing import ClassVar

from django.db import migrations, models

_ONE = ["patient.read", "test.read", "result.printed", "ticket.printed", "answers.read", "looks.listed"]
_SEVERAL = ["patient.searched", "test.list_read", "results.read"]


class Migration(migrations.Migration):
    """Two indexes made anew."""

    dependencies: ClassVar = [("journal", "0010_worker_reads_tellings")]
    operations: ClassVar = [
        migrations.RemoveIndex(model_name="event", name="journal_event_reader"),
        migrations.RemoveIndex(model_name="event", name="journal_event_listing"),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                fields=["pharmacy_id", "actor_id", "at"],
                name="journal_event_reader",
                condition=models.Q(kind__in=[*_ONE, *_SEVERAL]),
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                fields=["pharmacy_id", "digest"],
                name="journal_event_listing",
                condition=models.Q(kind__in=_SEVERAL),
            ),
        ),
    ]
