"""Lists page by page (RFC 8288): a cursor says where a list goes on, and is good for that list and that program alone.

It holds hours and identifiers, and a proof made with the pharmacy's own key over these, the program and the question:
one that was altered, or given for another list, program or pharmacy, is no cursor here.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy as _

from temoin.api.bodies import Paged
from temoin.crypto.blind import cursor_proof, is_cursor_proof
from temoin.lib.errors import refuse
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.programs import ProgramSeat

USUAL, MOST = 100, 200
LIMIT, CURSOR = "limit", "cursor"
CURSOR_TEXT = r"([A-Za-z0-9_-]{1,400})[.]([A-Za-z0-9_-]{22})"
PAGING = ((LIMIT, "^[0-9]{1,3}$"), (CURSOR, f"^{CURSOR_TEXT}$"))

Keys = tuple[str, ...]
Row = TypeVar("Row")


@dataclass(frozen=True)
class PageWish:
    """How much of a list a program asks for, and after which place; () is its beginning."""

    limit: int = USUAL
    after: Keys = ()


@dataclass(frozen=True)
class ListPart:
    """A page as a view found it, and the place reached; () when nothing follows."""

    told: Paged
    reached: Keys = ()


@dataclass(frozen=True)
class AskedList:
    """One list as one program asks for it: whatever a cursor is bound to but its place."""

    seat: ProgramSeat
    name: str
    path: str
    question: Mapping[str, str]

    def make_cursor(self, reached: Keys) -> str:
        """Return the cursor of a place."""
        place = urlsafe_b64encode(json.dumps(reached).encode()).decode().rstrip("=")
        with tenant_scope(self.seat.pharmacy_id):
            return f"{place}.{cursor_proof(*self._bound(place))}"

    def read_cursor(self, text: str) -> Keys:
        """Return the place that a cursor of this very list names; InvalidError for any other text."""
        found = re.fullmatch(CURSOR_TEXT, text, re.ASCII)
        if found is not None:
            with tenant_scope(self.seat.pharmacy_id):
                if is_cursor_proof(found[2], *self._bound(found[1])):
                    return tuple(json.loads(urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))))
        raise refuse(CURSOR, "unknown", _("This cursor is not of this list: leave it out, and begin anew."))

    def _bound(self, place: str) -> Keys:
        return str(self.seat.program_id), self.name, self.path, json.dumps(sorted(self.question.items())), place

    def next_address(self, limit: int, reached: Keys) -> str:
        """Return the address of the page after a place; "" when nothing follows."""
        if not reached:
            return ""
        asked = {**self.question, LIMIT: limit, CURSOR: self.make_cursor(reached)}
        return f"{self.path}?{urlencode(asked)}"


def list_asked(seat: ProgramSeat, request: HttpRequest, name: str, asked: Sequence[tuple[str, str]]) -> AskedList:
    """Return which list a request asks for; InvalidError for what stands after its question mark."""
    found = {each: request.GET[each] for each, _pattern in asked if each in request.GET}
    for each, pattern in asked:
        if each in found and not re.fullmatch(pattern, found[each], re.ASCII):
            raise refuse(each, "malformed", _("This value is not one of those that the specification names."))
    return AskedList(seat, name, request.path, found)


def page_answer(listed: AskedList, request: HttpRequest, find: Callable[[PageWish], ListPart]) -> JsonResponse:
    """Return one page of a list, with the address of the next one in the body and in `Link`."""
    wish = _wish(listed, request)
    part = find(wish)
    following = listed.next_address(wish.limit, part.reached)
    response = JsonResponse(part.told.model_dump(mode="json") | {"next": following})
    if following:
        response["Link"] = f'<{following}>; rel="next"'
    return response


def _wish(listed: AskedList, request: HttpRequest) -> PageWish:
    limit, cursor = request.GET.get(LIMIT, str(USUAL)), request.GET.get(CURSOR)
    if not re.fullmatch("[0-9]{1,3}", limit, re.ASCII) or not 1 <= int(limit) <= MOST:
        raise refuse(LIMIT, "malformed", _("Give a number from 1 to %(most)s.") % {"most": MOST})
    return PageWish(int(limit), () if cursor is None else listed.read_cursor(cursor))


def part_of(rows: Iterable[Row], wish: PageWish, key: Callable[[Row], Keys]) -> tuple[list[Row], Keys]:
    """Return a page of rows that are all at hand, in the order of their keys, and the place reached."""
    found: list[Any] = sorted((row for row in rows if key(row) > wish.after), key=key)
    shown = found[: wish.limit]
    return shown, key(shown[-1]) if len(found) > wish.limit else ()
