"""The headers of every answer of the staff site, errors and static files included."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# Trusted Types: no script of ours may turn text into markup or code, and none may make a policy that does.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    # Not no-referrer: browsers then send "Origin: null" with forms, which the check against forged forms
    # refuses.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=(), "
        "publickey-credentials-create=(self), publickey-credentials-get=(self)"
    ),
}


class StaffHeaders:
    """Middleware, first in the list so that nothing answers without the headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the headers; no cache keeps a page, static files say how long they last."""
        response = self._get_response(request)
        for name, value in HEADERS.items():
            response[name] = value
        if not request.path.startswith("/static/") or response.status_code >= 400:
            response["Cache-Control"] = "no-store"
        return response
