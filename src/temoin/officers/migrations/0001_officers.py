"""An authority's people and their sessions, for the authority's site alone."""

from typing import ClassVar

import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import share


class Migration(migrations.Migration):
    """Nobody else reads or writes them: the operator's command is that site's role too."""

    initial = True

    dependencies: ClassVar = []
    operations: ClassVar = [
        migrations.CreateModel(
            name="Officer",
            fields=[
                ("id", models.UUIDField(default=temoin.lib.ids.new_id, primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("invited_at", models.DateTimeField()),
                ("code_hash", models.BinaryField(null=True)),
                ("code_ends_at", models.DateTimeField(null=True)),
                ("credential_id", models.BinaryField(null=True, unique=True)),
                ("credential", models.BinaryField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("seal", models.TextField()),
            ],
            options={"db_table": "officers_officer"},
        ),
        migrations.CreateModel(
            name="OfficerSession",
            fields=[
                ("key_hash", models.BinaryField(primary_key=True, serialize=False)),
                ("officer_id", models.UUIDField()),
                ("challenge_hash", models.BinaryField(unique=True)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("seal", models.TextField()),
            ],
            options={"db_table": "officers_session"},
        ),
        share(
            "officers_officer",
            {
                "authority": "SELECT, INSERT, "
                "UPDATE (code_hash, code_ends_at, credential_id, credential, ended_at, seal)"
            },
        ),
        share("officers_session", {"authority": "SELECT, INSERT, UPDATE (seen_at), DELETE"}),
    ]
