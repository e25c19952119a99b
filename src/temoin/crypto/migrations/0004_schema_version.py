"""The head of a sealed value is a byte longer: format, schema version, data key. See `crypto.envelope`."""

from typing import ClassVar

from django.db import migrations

KEEP_CONTENT = """
CREATE OR REPLACE FUNCTION crypto_keep_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF substring(NEW.sealed FROM 79) IS DISTINCT FROM substring(OLD.sealed FROM 79) THEN
        RAISE EXCEPTION 'the content of % is never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$
"""


class Migration(migrations.Migration):
    """Guard the content where it begins now."""

    dependencies: ClassVar = [("crypto", "0003_turns")]
    operations: ClassVar = [migrations.RunSQL(KEEP_CONTENT, migrations.RunSQL.noop)]
