"""Secure health messaging (MSSanté): a Report out as a message with CDA and PDF, and what comes back about it."""

from temoin.formats.mssante.identity import message_id, original
from temoin.formats.mssante.message import Envelope, secure_message
from temoin.formats.mssante.notices import DeliveryNotice, Fate, read_notice

__all__ = ["DeliveryNotice", "Envelope", "Fate", "message_id", "original", "read_notice", "secure_message"]
