"""What the tests' site was handed: couriers and duties as its start makes them, of the settings that hold now."""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings

from temoin.delivery.channels.email.courier import EmailCourier
from temoin.oversight.settings import NoticeSettings
from temoin.settings.file import Config
from temoin.transmission.channels.fhir.courier import FhirCourier
from temoin.transmission.channels.fhir.http_courier import HttpCourier

C = TypeVar("C", bound=HttpCourier)


def fhir_courier() -> FhirCourier:
    """Return a new courier to the authority."""
    return http_courier(FhirCourier)


def http_courier(kind: type[C]) -> C:
    """Return a new courier to the authority, of a dialect."""
    site = _now()
    return kind(site.channels["fhir"], demo=site.site.demo)


def email_courier() -> EmailCourier:
    """Return a new courier to patients."""
    site = _now()
    return EmailCourier(site.email, site.site)


def notice_settings() -> NoticeSettings:
    """Return what the duties are made with that write to people of a pharmacy."""
    site = _now()
    return NoticeSettings(site=site.site, email=site.email, alarms=site.alarms)


def _now() -> Config:
    config: Config = settings.TEMOIN
    return config
