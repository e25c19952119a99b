"""Banners: what the answer to a form says on the page that it leads to, once. They travel in a cookie, signed.

Kept with the session, each would write the session's row twice, with a commit of its own: as much as the signature that
it tells of. A banner is a sentence of ours and never names a patient, so that the browser may keep it for a moment.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse

MOST = 5  # of banners that no page has shown yet: some 2 kB, half of what a browser keeps


class BannerCookie(CookieStorage):
    """Django's storage, under a name as the other cookies of the house have it, and without weighing it five times."""

    cookie_name = settings.BANNER_COOKIE_NAME

    def _store(self, messages: list[Message], response: HttpResponse, *_args: Any, **_options: Any) -> list[Message]:
        self._update_cookie(self._encode(messages[-MOST:]), response)  # type: ignore[attr-defined] # not in the stubs
        return messages[:-MOST]
