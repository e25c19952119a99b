"""The settings of a process that has no settings file: enough to import, good for nothing else."""

from pathlib import Path

from temoin.config.file import Config, Database
from temoin.config.journal import Journal
from temoin.delivery.channels.email.settings import EmailSecurity, EmailSettings
from temoin.lib.key_places import Keeper, Keys
from temoin.lib.site import Site
from temoin.transmission.rules.loading import load_rule_sets
from temoin.transmission.rules.of_the_site import Rules

NOWHERE = Path("/nonexistent")


def unset_config() -> Config:
    """Return settings whose every path leads nowhere, for type checking and for collecting tests."""
    email = EmailSettings(
        host="127.0.0.1", port=8603, security=EmailSecurity.NONE, sender="", user=None, password_file=None
    )
    return Config(
        file=NOWHERE / "temoin.toml",
        folder=NOWHERE,
        site=Site(demo=True, staff_url="http://127.0.0.1:8600", portal_url="http://127.0.0.1:8601", sandbox_url=None),
        database=Database(host=str(NOWHERE), port=5432, name="temoin", pooled=False, passwords={}),
        keys=Keys(wrap_with=Keeper.FILE, root=NOWHERE / "root.key", django=NOWHERE / "django.key"),
        rules=Rules(sets=load_rule_sets()),
        channels={"email": email},
        journal=Journal(origin="unset", key=NOWHERE / "journal.key", folder=NOWHERE / "checkpoints", witnesses={}),
    )
