"""The way to the page that asks for a factor again (step-up), and from there back to what one was doing."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from temoin.signin.sessions import owner_of
from temoin.web.kept_forms import keep_posted


def lead_to_confirmation(request: HttpRequest) -> HttpResponse:
    """Lead to the page that asks for a factor, and from there back. A form that was sent is kept, and sent again."""
    back = request.get_full_path()
    if request.method == "POST" and (page := keep_posted(request, owner_of(request.session))):
        messages.info(request, _("Nothing was recorded yet: confirm that it is you, then send the form again."))
        back = page
    elif request.method == "POST":
        messages.info(
            request, _("Nothing was recorded yet: confirm that it is you, then fill in and send the form again.")
        )
        back = _page_before(request)
    return redirect(f"{reverse('confirm')}?{urlencode({'next': back})}")


def _page_before(request: HttpRequest) -> str:
    page = request.headers.get("Referer", "")
    hosts = {request.get_host()}
    return page if url_has_allowed_host_and_scheme(page, hosts, require_https=request.is_secure()) else "/"
