"""Secure health messaging (MSSanté): a Report out as a message with CDA and PDF, and what comes back about it."""

from temoin.formats.mail_notices import Fate
from temoin.formats.mssante.identity import envelope_id, message_id, original
from temoin.formats.mssante.message import PATIENTS, Envelope, secure_message
from temoin.formats.mssante.notices import DeliveryNotice, read_notice

__all__ = [
    "PATIENTS",
    "DeliveryNotice",
    "Envelope",
    "Fate",
    "envelope_id",
    "message_id",
    "original",
    "read_notice",
    "secure_message",
]
