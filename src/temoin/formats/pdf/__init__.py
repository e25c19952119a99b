"""A result as people read it: one PDF/A-1b page in French, from the same Report as every other format."""

from temoin.formats.pdf.page import MEDIA_TYPE, report_pdf

__all__ = ["MEDIA_TYPE", "report_pdf"]
