"""CDA R2 N3 documents of the CI-SIS volume BIO-TROD 2024.01: a Report in, the bytes out, and back."""

from temoin.formats.cda.codes import MEDIA_TYPE
from temoin.formats.cda.document import document, has_document
from temoin.formats.cda.elements import CdaError
from temoin.formats.cda.reader import read_document

__all__ = ["MEDIA_TYPE", "CdaError", "document", "has_document", "read_document"]
