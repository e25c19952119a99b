"""HL7 v2: a Report in, the bytes of an ORU^R01 out, and back; envelopes, batches, acknowledgements, frames."""

from temoin.formats.hl7v2.acknowledgement import POSITIVE, AckCode, Acknowledgement, read_acknowledgement
from temoin.formats.hl7v2.cisis import CisisMailbox, Copies, document_message
from temoin.formats.hl7v2.elr import report_message
from temoin.formats.hl7v2.errors import Hl7Error
from temoin.formats.hl7v2.framing import END, START, STOP, framed, unframed
from temoin.formats.hl7v2.reader import read_report
from temoin.formats.hl7v2.results import Results, read_results
from temoin.formats.hl7v2.route import Route
from temoin.formats.hl7v2.separators import Separators
from temoin.formats.hl7v2.syntax import read_message, read_messages

__all__ = [
    "END",
    "POSITIVE",
    "START",
    "STOP",
    "AckCode",
    "Acknowledgement",
    "CisisMailbox",
    "Copies",
    "Hl7Error",
    "Results",
    "Route",
    "Separators",
    "document_message",
    "framed",
    "read_acknowledgement",
    "read_message",
    "read_messages",
    "read_report",
    "read_results",
    "report_message",
    "unframed",
]
