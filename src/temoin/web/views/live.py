"""The counter's list kept live: a stream that says when it changed, and the list alone, fetched again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from temoin.outbox.counter_bell import topic_of
from temoin.pharmacies.seat import Seat
from temoin.web.counter_lists import counter_lists, list_mark
from temoin.web.pages import show

# The server's own keys (`serving.streams`), by which it knows an answer that goes on.
STREAMS, TOPIC = "temoin.streams", "temoin.topic"
AGAIN = 2000  # milliseconds after which a browser asks for its next stream


def changes(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Begin a stream that says that the list changed, and nothing else; 204 where the page had better ask by the clock.

    It needs no thread, and ends after minutes: whether this person may still follow is asked anew.
    """
    if STREAMS not in request.META:
        return HttpResponse(status=204)
    request.META[TOPIC] = topic_of(seat.pharmacy_id)
    answer = HttpResponse(f"retry: {AGAIN}\n\n", content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"  # a proxy before us keeps nothing back
    return answer


def fresh_lists(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Return the list alone, or 304 while it is what the page shows already: then nobody looked at anything."""
    mark = list_mark(request, seat)
    unchanged = get_conditional_response(request, etag=f'"{mark}"')
    if unchanged is not None:
        return unchanged
    answer = show(request, seat, "parts/counter_lists.html", **counter_lists(request, seat))
    answer["ETag"] = f'"{mark}"'
    return answer
