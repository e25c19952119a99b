"""The headers of every answer of the patient site: nothing from elsewhere, nothing kept, nothing told on."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

TRUSTED_TYPES = "trusted-types 'none'"
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "form-action 'none'",  # the code leaves the page only as `auth`, by fetch: no form may post it
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        TRUSTED_TYPES,
    ]
)
PERMISSIONS = "camera=(), microphone=(), geolocation=(), clipboard-read=(), payment=(), usb=()"

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": PERMISSIONS,
}


class PortalHeaders:
    """Middleware, first in the list so that static files and errors carry the headers too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        for name, value in HEADERS.items():
            response.setdefault(name, value)  # the verifier page allows its camera and its worker
        response.setdefault("Cache-Control", "no-store")  # static files say for themselves how long they last
        return response
