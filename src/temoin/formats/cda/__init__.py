"""CDA R2 N3 documents of the CI-SIS volume BIO-TROD 2024.01: a Report in, the bytes out."""

from temoin.formats.cda.codes import MEDIA_TYPE
from temoin.formats.cda.document import document, has_document
from temoin.formats.cda.elements import CdaError

__all__ = ["MEDIA_TYPE", "CdaError", "document", "has_document"]
