"""What messages to those who run a pharmacy or the site take of the settings; their duties are made with it."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.delivery.channels.email.settings import EmailSettings
from temoin.lib.site import Site
from temoin.outbox.lateness import Alarms


@dataclass(frozen=True, kw_only=True)
class NoticeSettings:
    """The addresses to name, the mail server to leave by, and who is told of what is late."""

    site: Site
    email: EmailSettings
    alarms: Alarms
