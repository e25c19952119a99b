"""An index of the letters that nobody opened: the list of patients to call asks for them."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Keep the list short whatever the letter box holds."""

    dependencies: ClassVar = [("delivery", "0003_pace")]
    operations: ClassVar = [
        migrations.AddIndex(
            "letter",
            models.Index(
                fields=["pharmacy_id", "expires_at"],
                condition=models.Q(("opened_count", 0), ("state", "open")),
                name="delivery_letter_unopened",
            ),
        ),
    ]
