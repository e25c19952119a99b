"""Row security, grants and composite keys of the room's tables."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import isolate, own_rows, share, tenant_foreign_key

# Whom the worker writes to, and whom an alarm is about; nothing else of people.
ADDRESSEES = "id, pharmacy_id, person_id, profession, is_active, last_day"
ANSWER = "state, differs, due_at, tried_at, checked_at, trouble, sealed"  # what the register's answer changes
OWN = "person_id = nullif(current_setting('temoin.person', true), '')::uuid"


class Migration(migrations.Migration):
    """Let each role do what its process needs, on the rows of the pharmacy in scope."""

    dependencies: ClassVar = [('pharmacies', '0001_initial')]
    operations: ClassVar = [
        share("pharmacies_pharmacy", {"app": "SELECT, INSERT, UPDATE (closed_on, time_zone)", "worker": "SELECT"}),
        isolate("pharmacies_member", {"app": "SELECT, INSERT, UPDATE", "worker": f"SELECT ({ADDRESSEES})"}),
        own_rows("pharmacies_member"),
        migrations.RunSQL(
            f"CREATE POLICY worker_own ON pharmacies_member FOR SELECT TO temoin_worker USING ({OWN});",
            "DROP POLICY worker_own ON pharmacies_member;",
        ),
        isolate("pharmacies_invitation", {"app": "SELECT, INSERT, UPDATE"}),
        isolate("pharmacies_program", {"app": "SELECT, INSERT, UPDATE (state, vouched_by, sealed)"}),
        tenant_foreign_key("pharmacies_program", "vouched_by", "pharmacies_member"),
        isolate("pharmacies_program_token", {"app": "SELECT, INSERT, DELETE"}),
        tenant_foreign_key("pharmacies_program_token", "program_id", "pharmacies_program"),
        isolate(
            "pharmacies_register_check",
            {"app": "SELECT, INSERT, UPDATE, DELETE", "worker": f"SELECT, UPDATE ({ANSWER})"},
        ),
        migrations.RunSQL(
            "CREATE POLICY worker_reads ON pharmacies_register_check FOR SELECT TO temoin_worker USING (true);",
            "DROP POLICY worker_reads ON pharmacies_register_check;",
        ),
        share("pharmacies_staff_notice", {"app": "INSERT", "worker": "SELECT, INSERT, DELETE"}),
    ]
