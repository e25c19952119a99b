"""Row security, grants and composite keys of the room's tables."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import isolate, tenant_foreign_key


class Migration(migrations.Migration):
    """Let each role do what its process needs, on the rows of the pharmacy in scope."""

    dependencies: ClassVar = [('patients', '0001_initial')]
    operations: ClassVar = [
        isolate("patients_patient", {"app": "SELECT, INSERT, UPDATE", "worker": "SELECT"}),
        isolate("patients_consent", {"app": "SELECT, INSERT"}),
        tenant_foreign_key("patients_consent", "patient_id", "patients_patient"),
    ]
