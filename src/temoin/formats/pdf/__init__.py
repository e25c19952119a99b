"""A result as people read it: a tagged French page (PDF/A-1a, PDF/UA-1), behind one in the patient's language."""

from temoin.formats.pdf.own import OwnPage
from temoin.formats.pdf.page import report_pdf
from temoin.formats.pdf.typesetting import MEDIA_TYPE

__all__ = ["MEDIA_TYPE", "OwnPage", "report_pdf"]
