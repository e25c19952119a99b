"""Hands each room of this process its part of the settings: the one place that knows who needs what.

No room reads a settings file or looks its settings up: an object of Django's making asks what its room was handed, any
other is made with its settings. A room that this process does not have is handed nothing, and so loads nothing: the
patients' site holds no key and posts no parcel.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings

from temoin.settings.channels import all_channels
from temoin.settings.file import Config, Process

if TYPE_CHECKING:
    from temoin.certificates.settings import StateSettings
    from temoin.certificates.state import StateSigning


def hand_down(config: Config) -> None:
    """Give every room of this process what it needs; to do it again replaces what was given."""
    for room, give in _ROOMS.items():
        if apps.is_installed(room):
            give(config)
    if settings.TEMOIN_PROCESS in {Process.STAFF, Process.LISTENER}:
        _api(config)


def _crypto(config: Config) -> None:
    from temoin.crypto.root import KEYS

    KEYS.give(config.keys)


def _outbox(config: Config) -> None:
    from temoin.outbox.bell import DIRECT
    from temoin.outbox.lanes import RATES
    from temoin.outbox.open_channels import open_channels

    RATES.give(config.rates)
    DIRECT.give(config.database.direct)
    open_channels(all_channels(), config.channels, config.site)


def _signin(config: Config) -> None:
    from temoin.signin.sessions import LATE_AFTER

    LATE_AFTER.give(config.alarms.late_after)


def _officers(config: Config) -> None:
    if config.authority is None or settings.TEMOIN_PROCESS != Process.AUTHORITY:
        return  # every other process knows the tables, for their migrations, and nobody in them
    from temoin.officers.place import PLACE, OfficerPlace
    from temoin.settings.secrets import read_secret

    times = config.sessions
    PLACE.give(
        OfficerPlace(
            url=config.authority.url.rstrip("/"),
            key=read_secret(config.authority.key, "key of the authority's accounts"),
            idle=timedelta(minutes=times.idle_minutes),
            absolute=timedelta(hours=times.absolute_hours),
        )
    )


def _catalogue(config: Config) -> None:
    from temoin.catalogue.kits import KITS_FILE, load_kits, use_kits_file

    use_kits_file(config.folder / KITS_FILE)
    load_kits()  # a file that cannot be read is told when the process starts, not to the first person


def _testing(config: Config) -> None:
    from temoin.testing.sample import COUNTER

    COUNTER.give(config.counter)


def _certificates(config: Config) -> None:
    from temoin.certificates.issuing import ISSUER, CertificateIssuer

    own = config.certificates
    key, cards = (own.key, own.health_cards) if own else (None, False)
    state = None if config.state is None else _state_signing(config.state)
    ISSUER.give(CertificateIssuer(config.site.portal_url, key, health_cards=cards, state=state))


def _state_signing(settings: StateSettings) -> StateSigning:
    from temoin.certificates.couriers.https_signer import HttpsSigner
    from temoin.certificates.state import StateSigning
    from temoin.formats.hcert.dcc_writing import State

    return StateSigning(State(settings.country, settings.authority), HttpsSigner(settings))


def _delivery(config: Config) -> None:
    if not apps.is_installed("temoin.outbox"):
        return  # the patients' site opens letters and posts none
    from temoin.certificates.issuing import ISSUER
    from temoin.delivery.revocations import revocation_duty
    from temoin.delivery.ticket_codes import ticket_code_duty
    from temoin.outbox.duties import register_duty

    register_duty(ticket_code_duty())
    register_duty(revocation_duty(ISSUER()))
    if config.register is not None:
        from temoin.delivery.register_duty import register_check_duty

        register_duty(register_check_duty(config.register))


def _oversight(config: Config) -> None:
    from temoin.outbox.duties import register_duty
    from temoin.oversight.alarms import alarm_duty
    from temoin.oversight.alerts import alert_duty
    from temoin.oversight.appointment_reminders import change_duty, reminder_duty
    from temoin.oversight.call_alarms import call_alarm_duty
    from temoin.oversight.reading import PACE
    from temoin.oversight.settings import NoticeSettings
    from temoin.oversight.staff_notices import staff_notice_duty

    PACE.give(config.reading)
    notices = NoticeSettings(site=config.site, email=config.email, alarms=config.alarms)
    for duty in (alarm_duty, staff_notice_duty, alert_duty, call_alarm_duty, reminder_duty, change_duty):
        register_duty(duty(notices))


def _transmission(_config: Config) -> None:
    from temoin.outbox.duties import register_duty
    from temoin.transmission.daily import DAILY

    register_duty(DAILY)


def _retention(config: Config) -> None:
    from temoin.keeping.ledger import LEDGER
    from temoin.retention.reaping import REPORTED
    from temoin.retention.rounds import DECIDED

    LEDGER.give(config.key_ledger)
    DECIDED.give(config.retention)
    REPORTED.give(config.reported)


def _surveillance(config: Config) -> None:
    from temoin.outbox.duties import register_duty
    from temoin.surveillance.rounds import recent_duty, whole_duty

    register_duty(recent_duty())
    register_duty(whole_duty(is_demo=config.site.demo))


def _webhooks(config: Config) -> None:
    from temoin.outbox.duties import register_duty
    from temoin.webhooks.rounds import webhook_duty
    from temoin.webhooks.settings import OUTSIDE, Outside

    own = config.webhooks
    outside = Outside(frozenset(own.allowed_hosts), config.site.demo, own.authorities_file)
    OUTSIDE.give(outside)
    register_duty(webhook_duty(outside))


def _web(config: Config) -> None:
    from temoin.web.settings import WEB, WebSettings

    WEB.give(
        WebSettings(
            site=config.site,
            alarms=config.alarms,
            provider=config.pro_sante_connect,
            asks_register=config.register is not None,
        )
    )


def _api(config: Config) -> None:
    """For both doors of programs, the calls and the open lines: the API is no room that Django knows."""
    from temoin.api.settings import API, SITE

    API.give(config.api)
    SITE.give(config.site)


def _authority(config: Config) -> None:
    from temoin.authority.pages import SITE

    SITE.give(config.site)


def _portal(config: Config) -> None:
    from temoin.patients.traits import SMS
    from temoin.portal.form_page import HAS_SMS
    from temoin.portal.trust import trusted_list
    from temoin.portal.verifier import KEYS
    from temoin.portal.views import SITE

    SITE.give(config.site)
    HAS_SMS.give(SMS in config.channels)
    KEYS.give(trusted_list(config.certificates))


_ROOMS: dict[str, Callable[[Config], None]] = {
    "temoin.catalogue": _catalogue,
    "temoin.crypto": _crypto,
    "temoin.outbox": _outbox,
    "temoin.signin": _signin,
    "temoin.officers": _officers,
    "temoin.testing": _testing,
    "temoin.certificates": _certificates,
    "temoin.delivery": _delivery,
    "temoin.transmission": _transmission,
    "temoin.oversight": _oversight,
    "temoin.retention": _retention,
    "temoin.surveillance": _surveillance,
    "temoin.webhooks": _webhooks,
    "temoin.web": _web,
    "temoin.portal": _portal,
    "temoin.authority": _authority,
}
