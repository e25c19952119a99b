"""Who vouches for a program: its access lasts no longer than the place of that person."""

from django.db import migrations, models

from temoin.lib.schema import tenant_foreign_key


class Migration(migrations.Migration):

    dependencies = [
        ('pharmacies', '0011_notices'),
    ]

    operations = [
        migrations.AddField(
            model_name='program',
            name='vouched_by',
            field=models.UUIDField(null=True),
        ),
        tenant_foreign_key("pharmacies_program", "vouched_by", "pharmacies_member"),
        migrations.RunSQL(
            "GRANT UPDATE (vouched_by) ON pharmacies_program TO temoin_app;",
            "REVOKE UPDATE (vouched_by) ON pharmacies_program FROM temoin_app;",
        ),
    ]
