"""The sealer compares authority with events: who is who, who may what, whose record it is, how parcels ended."""

from typing import ClassVar

from django.db import migrations

READ = {
    "pharmacies_member": "pharmacy_id, id, person_id, profession, is_active, last_day",
    "patients_patient": "pharmacy_id, id, merged_into",
    "patients_consent": "pharmacy_id, id, patient_id",
    "outbox_parcel": "pharmacy_id, id, state",
    "outbox_attempt": "pharmacy_id, id, parcel_id, number, at, verdict",
}


class Migration(migrations.Migration):
    """Columns in clear alone, of every pharmacy, and only to read."""

    dependencies: ClassVar = [
        ('testing', '0005_under_way'),
        ('patients', '0004_merging'),
        ('pharmacies', '0002_isolation'),
        ('outbox', '0007_persons_matters'),
    ]
    operations: ClassVar = [
        migrations.RunSQL(
            "GRANT SELECT (patient_id) ON testing_record TO temoin_sealer;",
            reverse_sql="REVOKE SELECT (patient_id) ON testing_record FROM temoin_sealer;",
        ),
        *(
            migrations.RunSQL(
                f"GRANT SELECT ({columns}) ON {table} TO temoin_sealer;"
                f"CREATE POLICY sealer_rows ON {table} TO temoin_sealer USING (true) WITH CHECK (true);",
                reverse_sql=f"DROP POLICY sealer_rows ON {table};",
            )
            for table, columns in READ.items()
        ),
    ]
