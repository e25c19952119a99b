"""A result as people read it: a tagged page in French (PDF/A-1a, PDF/UA-1), from the Report of every other format."""

from temoin.formats.pdf.page import report_pdf
from temoin.formats.pdf.typesetting import MEDIA_TYPE

__all__ = ["MEDIA_TYPE", "report_pdf"]
