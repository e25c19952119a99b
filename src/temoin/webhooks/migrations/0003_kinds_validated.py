"""The check of the kinds of notice, looked at for the rows that were there."""

from typing import ClassVar

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """By itself: it reads the table while others write."""

    dependencies: ClassVar = [("webhooks", "0002_refused_proposals")]
    operations: ClassVar = [ValidateConstraint(model_name="webhooknotice", name="webhooks_notice_kind")]
