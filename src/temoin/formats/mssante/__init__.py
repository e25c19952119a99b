"""Secure health messaging (MSSanté): a Report out as a message with CDA and PDF, and what comes back about it."""

from temoin.formats.mail_notices import NoticeFate
from temoin.formats.mssante.identity import envelope_id, message_id, original
from temoin.formats.mssante.message import PATIENTS, SecureEnvelope, secure_message
from temoin.formats.mssante.notices import DeliveryNotice, read_notice

__all__ = [
    "PATIENTS",
    "DeliveryNotice",
    "NoticeFate",
    "SecureEnvelope",
    "envelope_id",
    "message_id",
    "original",
    "read_notice",
    "secure_message",
]
