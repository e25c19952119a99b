"""A page as a tagged PDF: made when it is asked for, in memory, and kept by whoever asked."""

from __future__ import annotations

from django.http import HttpResponse

from temoin.formats.pdf import MEDIA_TYPE


def pdf_answer(name: str, content: bytes) -> HttpResponse:
    """Return the file under a name that tells nobody's."""
    answer = HttpResponse(content, content_type=MEDIA_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer
