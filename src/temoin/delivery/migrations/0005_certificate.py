"""Which certificate is inside a letter: it is revoked when the letter ends."""

from typing import ClassVar

from django.db import migrations, models

from temoin.lib.schema import tenant_foreign_key


class Migration(migrations.Migration):
    """Point a letter at its certificate."""

    dependencies: ClassVar = [("delivery", "0004_unopened"), ("certificates", "0001_initial")]
    operations: ClassVar = [
        migrations.AddField("letter", "certificate_id", models.UUIDField(null=True)),
        tenant_foreign_key("delivery_letter", "certificate_id", "certificates_issued"),
    ]
