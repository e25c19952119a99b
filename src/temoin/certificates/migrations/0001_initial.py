"""Certificates, the marks of revoked ones, and the list that the patients' site hands out."""

from typing import ClassVar

from django.db import migrations, models

import temoin.crypto.sealed
import temoin.lib.ids
from temoin.lib.schema import isolate, share, tenant_foreign_key


class Migration(migrations.Migration):
    """Let the worker issue and revoke, and the patients' site read the list alone."""

    initial = True

    dependencies: ClassVar = [("testing", "0002_isolation")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="IssuedCertificate",
            fields=[
                ("pk", models.CompositePrimaryKey("pharmacy_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("pharmacy_id", models.UUIDField()),
                ("id", models.UUIDField(default=temoin.lib.ids.new_id)),
                ("record_id", models.UUIDField()),
                ("version", models.IntegerField()),
                ("state", models.TextField(default="standing")),
                ("expires_on", models.DateField()),
                ("sealed", temoin.crypto.sealed.SealedField()),
            ],
            options={
                "db_table": "certificates_issued",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "standing")),
                        fields=["pharmacy_id", "expires_on"],
                        name="certificates_standing",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("state__in", ["standing", "revoked"])), name="certificates_issued_state"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RevokedMark",
            fields=[("mark", models.BinaryField(primary_key=True, serialize=False)), ("until", models.DateField())],
            options={"db_table": "certificates_revoked_mark"},
        ),
        migrations.CreateModel(
            name="RevocationList",
            fields=[("id", models.SmallIntegerField(primary_key=True, serialize=False)), ("content", models.TextField())],
            options={"db_table": "certificates_revocation_list"},
        ),
        isolate("certificates_issued", {"app": "SELECT", "worker": "SELECT, INSERT, UPDATE (state, sealed)"}),
        tenant_foreign_key("certificates_issued", "record_id", "testing_record"),
        share("certificates_revoked_mark", {"worker": "SELECT, INSERT, DELETE"}),
        share("certificates_revocation_list", {"worker": "SELECT, INSERT, UPDATE (content)", "portal": "SELECT"}),
    ]
