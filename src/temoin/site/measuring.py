"""Counts and times each answer, and gives each request its number."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from temoin.lib.measures import IN_PROGRESS, REQUEST_SECONDS, REQUESTS, SIGNATURE_SECONDS
from temoin.lib.request_id import begin_request, end_request

SIGNING = "sign"  # the name of the page that signs a result


class Measured:
    """Middleware, after the signs of life: a probe is no work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._site = settings.TEMOIN_PROCESS

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and note how long it took and how it went."""
        number = begin_request(request.headers.get("X-Request-ID", ""))
        began = time.perf_counter()
        try:
            with IN_PROGRESS.labels(self._site).track_inprogress():
                answer = self._get_response(request)
        finally:
            end_request()
        took = time.perf_counter() - began
        REQUESTS.labels(self._site, f"{answer.status_code // 100}xx").inc()
        REQUEST_SECONDS.labels(self._site).observe(took)
        if request.method == "POST" and getattr(request.resolver_match, "url_name", "") == SIGNING:
            SIGNATURE_SECONDS.observe(took)
        answer["X-Request-ID"] = number
        return answer
