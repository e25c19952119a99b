"""FHIR R4 documents: a Report in, the bytes of a European laboratory report out, and back."""

from temoin.formats.fhir.codes import MEDIA_TYPE, REPORT_KEY_SYSTEM
from temoin.formats.fhir.document import bundle, document, plain_document
from temoin.formats.fhir.parts import DocumentError
from temoin.formats.fhir.reader import read_document
from temoin.formats.fhir.served import served_patient, served_result

__all__ = [
    "MEDIA_TYPE",
    "REPORT_KEY_SYSTEM",
    "DocumentError",
    "bundle",
    "document",
    "plain_document",
    "read_document",
    "served_patient",
    "served_result",
]
