"""The sealer compares each sealed row and each account with how the events left it (see `config.grants`)."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """What stands in clear and decides how a parcel and a record ended."""

    dependencies: ClassVar = [('testing', '0007_ticket_key'), ('journal', '0009_wrote')]
    operations: ClassVar = [
        migrations.RunSQL(
            "GRANT SELECT (state) ON testing_record TO temoin_sealer;"
            "GRANT SELECT (chain_id, destination, sequence) ON outbox_parcel TO temoin_sealer;",
            reverse_sql="REVOKE SELECT (state) ON testing_record FROM temoin_sealer;"
            "REVOKE SELECT (chain_id, destination, sequence) ON outbox_parcel FROM temoin_sealer;",
        ),
    ]
