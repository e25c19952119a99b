"""Hours that can be read: an infinite one, which the patients' site could write, would close the counter's list."""

from datetime import UTC, datetime
from typing import ClassVar

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

READABLE = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


class Migration(migrations.Migration):
    """New rows are held to it at once; those of before have ended within their days."""

    dependencies: ClassVar = [("arrivals", "0004_told")]
    operations: ClassVar = [
        AddConstraintNotValid(
            "arrival",
            models.CheckConstraint(
                condition=models.Q(expires_at__range=READABLE)
                & (models.Q(starts_at=None) | models.Q(starts_at__range=READABLE))
                & (models.Q(remind_at=None) | models.Q(remind_at__range=READABLE))
                & (models.Q(called_at=None) | models.Q(called_at__range=READABLE)),
                name="arrivals_arrival_readable",
            ),
        ),
    ]
