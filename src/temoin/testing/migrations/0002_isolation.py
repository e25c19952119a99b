"""Row security, grants and composite keys of the room's tables."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import isolate, tenant_foreign_key


class Migration(migrations.Migration):
    """Let each role do what its process needs, on the rows of the pharmacy in scope."""

    dependencies: ClassVar = [('testing', '0001_initial'), ('patients', '0002_isolation'), ('catalogue', '0002_isolation')]
    operations: ClassVar = [
        isolate("testing_record", {"app": "SELECT, INSERT, UPDATE", "worker": "SELECT"}),
        isolate("testing_record_version", {"app": "SELECT, INSERT", "worker": "SELECT"}),
        isolate("testing_ticket", {"app": "SELECT, INSERT, UPDATE, DELETE", "worker": "SELECT, DELETE"}),
        tenant_foreign_key("testing_record", "patient_id", "patients_patient"),
        tenant_foreign_key("testing_record", "lot_id", "catalogue_lot"),
        tenant_foreign_key("testing_record_version", "record_id", "testing_record"),
        tenant_foreign_key("testing_ticket", "record_id", "testing_record"),
    ]
