"""What every page of somebody at work carries about the session: when it ends, and what is kept of a form."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context

from temoin.signin.open_sessions import seconds_left
from temoin.signin.sessions import owner_of
from temoin.web.kept_forms import kept_for, owner_tag, page_owner

register = template.Library()


@register.inclusion_tag("web/components/kept_form.html", takes_context=True)
def kept_form(context: Context) -> dict[str, Any]:
    """Draw what was typed before, where it was typed."""
    request = context.get("request")
    kept = kept_for(request) if request is not None and context.get("seat") else None
    return {"kept": kept, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("web/components/session.html", takes_context=True)
def session_watch(context: Context) -> dict[str, Any]:
    """Draw the warning before the end and the veil after it; nothing on a page without names."""
    request = context.get("request")
    owner = owner_of(request.session) if request is not None and context.get("seat") else None
    if request is None or owner is None:
        return {"owner": None}
    return {
        "owner": owner_tag(owner),
        "kept_for": page_owner(owner),
        "left": seconds_left(request.session),
        "here": request.path if request.method == "GET" else "/",
        "csrf_token": context.get("csrf_token"),
    }
