"""The channel `sms`: a text message with a link to the patient's letter, through a provider's API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from temoin.delivery.channels.sms.reasons import REASONS
from temoin.delivery.channels.sms.settings import SmsSettings
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
        if settings.brevo is not None:
            return {"key of the account for text messages": settings.brevo.key_file}
        assert settings.ovh is not None  # noqa: S101 the section has one of both
        return {
            "secret of the application for text messages": settings.ovh.application_secret_file,
            "key of the account for text messages": settings.ovh.consumer_key_file,
        }

    def places(self, settings: SmsSettings) -> Iterable[tuple[str, str]]:
        if settings.brevo is not None:
            yield "brevo.base_url", settings.brevo.base_url
        if settings.ovh is not None:
            yield "ovh.base_url", settings.ovh.base_url


def _provider(settings: SmsSettings) -> SmsProvider:
    from temoin.delivery.channels.sms.brevo import BrevoProvider
    from temoin.delivery.channels.sms.ovh import OvhProvider

    if settings.brevo is not None:
        return BrevoProvider(settings.brevo, settings.sender)
    assert settings.ovh is not None  # noqa: S101 the section has one of both
    return OvhProvider(settings.ovh, settings.sender)


def _too_long(most: int) -> ConfigError:
    return setting_fault(FILE, "site", "portal_url", f"may have {most} characters at most where [sms] is set up")


SMS = SmsChannel()
