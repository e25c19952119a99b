"""The channel `sms`: a text message with a link to the patient's letter, through a provider's API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from temoin.delivery.channels.sms.reasons import REASONS
from temoin.delivery.channels.sms.settings import Brevo, SmsSettings
from temoin.lib.config_error import ConfigError
from temoin.lib.label import Label
from temoin.lib.section import FILE, setting_fault
from temoin.lib.site import Site
from temoin.outbox.channel import Audience, Channel, Destination, Manner

if TYPE_CHECKING:
    from temoin.delivery.channels.sms.provider import SmsProvider
    from temoin.outbox.courier import Courier
    from temoin.outbox.duties import Duty


class SmsChannel(Channel[SmsSettings]):
    """For patients with a mobile telephone and no e-mail address."""

    name = "sms"
    section = SmsSettings
    destinations = (
        Destination(
            name="sms",
            words=Label(fr="Patient, par SMS", en="Patient, by text message"),
            audience=Audience.PATIENT,
            manner=Manner.LINK,
        ),
    )

    reasons = REASONS

    def couriers(self, settings: SmsSettings, site: Site) -> Sequence[Courier]:
        from temoin.delivery.channels.sms.courier import SmsCourier
        from temoin.delivery.channels.sms.text import longest_portal

        if len(site.portal_url) > longest_portal():
            raise _too_long(longest_portal())
        return [SmsCourier(_provider(settings), site, enabled=settings.enabled)]

    def duties(self, settings: SmsSettings) -> Sequence[Duty]:
        from temoin.delivery.channels.sms.receipts import receipt_duties

        return receipt_duties(_provider(settings)) if settings.enabled else ()

    def secrets(self, settings: SmsSettings) -> Mapping[str, Path]:
        account, what = settings.account, "key of the account for text messages"
        if isinstance(account, Brevo):
            return {what: account.key_file}
        return {
            "secret of the application for text messages": account.application_secret_file,
            what: account.consumer_key_file,
        }

    def places(self, settings: SmsSettings) -> Iterable[tuple[str, str]]:
        account = settings.account
        yield f"{'brevo' if isinstance(account, Brevo) else 'ovh'}.base_url", account.base_url


def _provider(settings: SmsSettings) -> SmsProvider:
    from temoin.delivery.channels.sms.brevo import BrevoProvider
    from temoin.delivery.channels.sms.ovh import OvhProvider

    account, sender = settings.account, settings.sender
    return BrevoProvider(account, sender) if isinstance(account, Brevo) else OvhProvider(account, sender)


def _too_long(most: int) -> ConfigError:
    return setting_fault(FILE, "site", "portal_url", f"may have {most} characters at most where [sms] is set up")


SMS = SmsChannel()
