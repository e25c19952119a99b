"""How every page of this site is shown: its template, in its frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from temoin.authority.gate import cookie_of
from temoin.lib.handed import Handed
from temoin.lib.site import Site
from temoin.officers.accounts import session_left
from temoin.surveillance.quality_page import NAMES, QUALITY_NAMES

SITE: Final[Handed[Site]] = Handed("site of the authority's pages")


def show(request: HttpRequest, name: str, told: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    language = "fr" if (get_language() or "fr").startswith("fr") else "en"
    frame = {
        "is_demo": SITE().demo,
        "officer": getattr(request, "officer", None),
        "left": session_left(cookie_of(request)) if hasattr(request, "officer") else 0,
        "other": {"code": "en", "name": "English"} if language == "fr" else {"code": "fr", "name": "Français"},
        "published_name": NAMES[language],
        "quality_name": QUALITY_NAMES[language],
    }
    return render(request, f"authority/{name}.html", {**frame, **told}, status=status)
