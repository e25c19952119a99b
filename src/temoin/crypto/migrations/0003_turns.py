"""Data keys that can be turned: numbered, dated, and naming the root key that wraps them; a key for the platform."""

from typing import ClassVar

import django.utils.timezone
from django.db import migrations, models

import temoin.lib.ids
from temoin.lib.schema import share

# Turning a data key rewrites the wrap of a sealed value (its first 77 bytes) and never its content: what is signed once
# stays as it was signed, whoever holds the right to turn keys (decision 0018).
KEEP_CONTENT = """
CREATE FUNCTION crypto_keep_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF substring(NEW.sealed FROM 78) IS DISTINCT FROM substring(OLD.sealed FROM 78) THEN
        RAISE EXCEPTION 'the content of % is never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$
"""


class Migration(migrations.Migration):
    """Add the columns and the platform's table; a database of an earlier development state is not carried over."""

    dependencies: ClassVar = [("crypto", "0002_isolation")]
    operations: ClassVar = [
        migrations.AddField("datakey", "number", models.IntegerField(default=1)),
        migrations.AddField(
            "datakey", "created_at", models.DateTimeField(default=django.utils.timezone.now), preserve_default=False
        ),
        migrations.AddField("datakey", "root_id", models.TextField(default=""), preserve_default=False),
        migrations.RemoveConstraint("datakey", "crypto_data_key_purpose"),
        migrations.AddConstraint(
            "datakey",
            models.UniqueConstraint(fields=("pharmacy_id", "purpose", "number"), name="crypto_data_key_turn"),
        ),
        migrations.CreateModel(
            name="PlatformKey",
            fields=[
                ("id", models.UUIDField(default=temoin.lib.ids.new_id, primary_key=True, serialize=False)),
                ("number", models.IntegerField(unique=True)),
                ("created_at", models.DateTimeField()),
                ("root_id", models.TextField()),
                ("wrapped", models.BinaryField()),
            ],
            options={"db_table": "crypto_platform_key"},
        ),
        share("crypto_platform_key", {"app": "SELECT, INSERT"}),
        migrations.RunSQL(KEEP_CONTENT, reverse_sql="DROP FUNCTION crypto_keep_content"),
    ]
