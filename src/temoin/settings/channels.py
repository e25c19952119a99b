"""The one list of channels: a new one is its folder and one line here."""

from __future__ import annotations

from typing import Any

from temoin.delivery.channels.email.channel import EMAIL
from temoin.delivery.channels.sms.channel import SMS
from temoin.outbox.channel import Channel
from temoin.transmission.channels.fhir.channel import FHIR
from temoin.transmission.channels.mllp.channel import MLLP
from temoin.transmission.channels.mssante.channel import MSSANTE
from temoin.transmission.channels.sftp.channel import SFTP

AnyChannel = Channel[Any]

CHANNELS: tuple[AnyChannel, ...] = (
    FHIR,
    MLLP,
    SFTP,
    MSSANTE,
    EMAIL,
    SMS,
)


def all_channels() -> tuple[AnyChannel, ...]:
    """Return every channel, in the order in which pages and commands name them."""
    return CHANNELS
