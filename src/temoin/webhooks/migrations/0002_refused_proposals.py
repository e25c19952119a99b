"""Programs are told too that a pharmacist refused what they proposed."""

from typing import ClassVar

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

KINDS = (
    *("result.signed", "result.corrected", "result.cancelled", "letter.opened"),
    *("authority.acknowledged", "authority.refused", "proposal.refused", "amendment.refused", "trial"),
)


class Migration(migrations.Migration):
    """The former check is narrower, so that each row passes the new one: it is validated in the next migration."""

    dependencies: ClassVar = [("webhooks", "0001_initial")]
    operations: ClassVar = [
        migrations.RemoveConstraint(model_name="webhooknotice", name="webhooks_notice_kind"),
        AddConstraintNotValid(
            model_name="webhooknotice",
            constraint=models.CheckConstraint(condition=models.Q(kind__in=list(KINDS)), name="webhooks_notice_kind"),
        ),
    ]
