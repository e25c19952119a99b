"""The settings of a process that has no settings file: enough to import, good for nothing else."""

from pathlib import Path

from temoin.delivery.channels.email.settings import EmailSecurity, EmailSettings
from temoin.journal.settings import Journal
from temoin.lib.key_places import Keys
from temoin.lib.site import Site
from temoin.settings.database import DATABASE_ROLES, Database, Passwords
from temoin.settings.file import Config
from temoin.transmission.rules.loading import load_rule_sets
from temoin.transmission.rules.of_the_site import Rules

NOWHERE = Path("/nonexistent")


def unset_config() -> Config:
    """Return settings whose every path leads nowhere, for type checking and for collecting tests."""
    keys = {role: NOWHERE / f"{role}.password" for role in DATABASE_ROLES}
    email = EmailSettings(host="127.0.0.1", port=8603, security=EmailSecurity.NONE, sender="nobody@localhost")
    return Config(
        file=NOWHERE / "temoin.toml",
        folder=NOWHERE,
        site=Site(demo=True, staff_url="http://127.0.0.1:8600", portal_url="http://127.0.0.1:8601"),
        database=Database(host=str(NOWHERE), passwords=Passwords(**keys)),
        keys=Keys(root=NOWHERE / "root.key", django=NOWHERE / "django.key"),
        rules=Rules(sets=load_rule_sets()),
        channels={"email": email},
        journal=Journal(origin="unset", key=NOWHERE / "journal.key", folder=NOWHERE / "checkpoints"),
    )
