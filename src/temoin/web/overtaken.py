"""An act that came too late: a colleague was first, and the page that it leads to shows what was typed for it."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from temoin.web.kept_forms import keep_words
from temoin.web.wording import Words


def overtaken(request: HttpRequest, told: Words, on: HttpResponse, *, typed: Iterable[str]) -> HttpResponse:
    """Lead on to how it stands now, say what happened, and show there what stood in the fields `typed`."""
    messages.info(request, str(told))
    keep_words(request, [request.POST.get(name, "") for name in typed], page=on["Location"].partition("#")[0])
    return on
