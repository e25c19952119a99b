"""The counter: the list of tests, the choice of the pharmacy, and the help page."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.i18n import set_language

from temoin.arrivals.pairs import keep_pairs
from temoin.delivery.calls import count_unknowing
from temoin.lib.errors import NotFoundError
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.web.counter_lists import counter_lists
from temoin.web.pages import page_number, show
from temoin.web.patient_search import FIND, FIND_HINT
from temoin.web.scan_field import scan_field
from temoin.web.seats import bind_session, places_of
from temoin.web.ticket_paper import PAPER_WORDS, ticket_to_print
from temoin.web.walk_in import away_store, walk_in
from temoin.web.workstation import YES, habits_of, read_paper, remember

# Where those go who manage people, or audit, and touch no test.
_INSTEAD = {Right.MANAGE_MEMBERS: "team", Right.READ_JOURNAL: "journal"}


def home(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show all tests under way, whatever their age, then the others page by page; whoever may read none, their own."""
    for right, instead in _INSTEAD.items():
        if not has_right(by=seat, right=Right.READ_TEST) and has_right(by=seat, right=right):
            return redirect(instead)
    if has_right(by=seat, right=Right.REGISTER_TEST):
        keep_pairs(by=seat)
    lists, habits = counter_lists(request, seat), habits_of(request)
    leads = any(line.takes_focus for line in (*lists["running"], *lists["waiting"]))
    return show(
        request,
        seat,
        "home.html",
        scan_field=scan_field(label=FIND, hint=FIND_HINT, autofocus=not leads),
        unknowing=count_unknowing(by=seat) if page_number(request) == 0 else 0,
        habits=habits,
        paper_words=PAPER_WORDS[habits.paper],
        papers=[(paper.value, words, paper is habits.paper) for paper, words in PAPER_WORDS.items()],
        ticket=ticket_to_print(request, seat, lists["running"]),
        store=away_store(request),
        walk_in=walk_in(request, seat),
        **lists,
    )


def keep_habits(request: HttpRequest, _seat: Seat) -> HttpResponse:
    """Have this browser remember on what it prints tickets, and who stands first among the waiting."""
    answer = redirect("home")
    paper = read_paper(request.POST.get("paper", ""))
    remember(request, answer, paper=paper, symptoms_first=request.POST.get("symptoms_first") == YES)
    messages.success(request, _("This workstation remembers it."))
    return answer


def choose_pharmacy(request: HttpRequest) -> HttpResponse:
    """Ask where the person works, and bind the session to the answer."""
    if request.method == "POST":
        bind_session(request, _posted_id(request))
        return redirect("home")
    places = places_of(request)
    return render(request, "web/choose_pharmacy.html", {"places": places})


def _posted_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("pharmacy", ""))
    except ValueError:
        raise NotFoundError from None


def guide(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show how to work with keyboard and scanner, and what each profession may do."""
    others_sign = Right.REGISTER_TEST in seat.rights and Right.SIGN_RESULT not in seat.rights
    return show(request, seat, "help.html", others_sign=others_sign)


def language(request: HttpRequest) -> HttpResponseBase:
    """Remember the language in a cookie, and go back to the page."""
    return set_language(request)
