"""One record of a person stays; the other leads to it."""

from typing import ClassVar

from django.db import migrations, models

from temoin.lib.schema import tenant_foreign_key


class Migration(migrations.Migration):
    """Let a record point to the one that stays, and a consent follow."""

    dependencies: ClassVar = [("patients", "0003_near_matches")]
    operations: ClassVar = [
        migrations.AddField(model_name="patient", name="merged_into", field=models.UUIDField(null=True)),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                fields=["pharmacy_id", "merged_into"],
                condition=models.Q(merged_into__isnull=False),
                name="patients_patient_merged",
            ),
        ),
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id")),
                name="patients_patient_not_into_itself",
            ),
        ),
        tenant_foreign_key("patients_patient", "merged_into", "patients_patient"),
        migrations.RunSQL(
            "GRANT UPDATE (patient_id) ON patients_consent TO temoin_app",
            reverse_sql="REVOKE UPDATE (patient_id) ON patients_consent FROM temoin_app",
        ),
    ]
