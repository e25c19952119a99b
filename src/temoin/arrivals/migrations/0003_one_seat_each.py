"""What makes an hour's last place one person's, and bounds the places of a device: indexes made beside who writes."""

from typing import ClassVar

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models

SEAT = models.UniqueConstraint(
    fields=["pharmacy_id", "starts_at", "seat"],
    condition=models.Q(state__in=["waiting", "accepted"]),
    name="arrivals_arrival_seat",
)
DEVICE = models.UniqueConstraint(
    fields=["pharmacy_id", "device_hash", "device_seat"],
    condition=models.Q(state="waiting"),
    name="arrivals_arrival_device",
)


def _made(constraint: models.UniqueConstraint, where: str) -> migrations.SeparateDatabaseAndState:
    columns = ", ".join(constraint.fields)
    made = f"CREATE UNIQUE INDEX CONCURRENTLY {constraint.name} ON arrivals_arrival ({columns}) WHERE {where}"
    step = migrations.RunSQL(made, reverse_sql=f"DROP INDEX CONCURRENTLY {constraint.name}")
    return migrations.SeparateDatabaseAndState([step], [migrations.AddConstraint("arrival", constraint)])


class Migration(migrations.Migration):
    """Rows of before have neither hour nor device: nothing is in the way."""

    atomic = False
    dependencies: ClassVar = [("arrivals", "0002_appointments")]
    operations: ClassVar = [
        ValidateConstraint("arrival", "arrivals_arrival_numbers"),
        ValidateConstraint("arrival", "arrivals_arrival_state"),
        _made(SEAT, "state IN ('waiting', 'accepted')"),
        _made(DEVICE, "state = 'waiting'"),
    ]
