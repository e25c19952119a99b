"""The pages of a file that is handed in: what taking it would do, one press to take it, and what became of its rows."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.profiles import OWN_COLUMNS, own_profile, plain_heading, separator_of
from temoin.formats.csv.template import template, template_of_patients
from temoin.intake import turns
from temoin.intake.given_back import receipt_of, rows_to_correct
from temoin.intake.handing import (
    fates_of,
    forget_file,
    hand_in,
    put_aside,
    read_handed,
    say_of_file,
    take_file,
    told_of,
    try_file,
)
from temoin.intake.held import FileKind, FileStage, HeldFile, refusal_of
from temoin.intake.people import PersonFate
from temoin.intake.sameness import Sameness
from temoin.intake.terms import read_terms
from temoin.lib.errors import InvalidError, NotFoundError, Problem, refuse
from temoin.pharmacies.seat import Seat
from temoin.web.csv_file import csv_answer, csv_content
from temoin.web.fields import Choice, Field, Typed
from temoin.web.pages import page_links, page_number, show
from temoin.web.views.files import files_page

SHOWN = 100  # rows on the page; all of them are in the file to correct
_ORDER_CODES = frozenset({"dates_unsaid", "dates_not_dmy", "dates_not_mdy", "dates_not_iso"})
_HEADING = "heading-"
_ASIDE = frozenset({Sameness.REFUSED.value, PersonFate.NEAR.value})
_GOOD = (Sameness.STORED, Sameness.CORRECTED, Sameness.CANCELLED, PersonFate.REGISTERED)


def hand_in_file(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Take a file from the browser, keep it sealed, and begin its trial."""
    upload, group_id = request.FILES.get("file"), _posted_group(request)
    try:
        file_id = hand_in(
            by=seat,
            name=upload.name or "" if upload else "",
            content=upload.read() if upload else b"",
            encoding=request.POST.get("encoding", ""),
            dates=request.POST.get("dates", ""),
            kind=_posted_kind(request),
            group_id=group_id,
        )
    except InvalidError as error:
        return files_page(request, seat, error.problems)
    try_file(by=seat, file_id=file_id, start=turns.start_behind)
    messages.success(request, _("The file is here: each row is checked, nothing is taken yet."))
    return redirect("handed_file", file_id)


def _posted_kind(request: HttpRequest) -> FileKind:
    """Return what a file is said to bring, results where nothing is said; InvalidError for an unknown word."""
    said = request.POST.get("kind") or FileKind.RESULTS
    if said not in set(FileKind):
        raise refuse("kind", "unknown", gettext_lazy("Choose one of the answers."))
    return FileKind(said)


def _posted_group(request: HttpRequest) -> UUID | None:
    """Return the group whose roster a list is, None for a file of no group."""
    try:
        return UUID(request.POST["group"]) if request.POST.get("group") else None
    except ValueError:
        raise NotFoundError from None


def handed_file(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    return _page(request, seat, file_id, [])


def state(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    """Tell a page that follows a file how far it is."""
    del request
    held = read_handed(by=seat, file_id=file_id)
    is_going = held.stage.is_running and not held.is_stopped
    return JsonResponse({"rows": held.rows, "done": held.done, "going": is_going})


def say(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    """Take in what headings stand for, or the order of dates, and try the file again."""
    headings = {name: heading for name, heading in request.POST.items() if name.startswith("of-")}
    columns = {str(heading): request.POST.get(name.removeprefix("of-"), "") for name, heading in headings.items()}
    try:
        say_of_file(by=seat, file_id=file_id, dates=request.POST.get("dates", ""), columns=columns)
    except InvalidError as error:
        return _page(request, seat, file_id, error.problems)
    return try_again(request, seat, file_id)


def try_again(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    try_file(by=seat, file_id=file_id, start=turns.start_behind)
    messages.success(request, _("The file is checked again."))
    return redirect("handed_file", file_id)


def take(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    """Sign and store the good rows; of a list, register the new patients, and those said to be somebody else.

    A list with more likely patients than a page has is judged page by page before.
    """
    shown, page = request.POST.getlist("shown"), request.POST.get("page", "")
    if shown:
        put_aside(by=seat, file_id=file_id, shown=_numbers(shown), apart=_records_apart(request.POST.getlist("apart")))
    if page:
        messages.success(request, _("Your choices on this page are kept."))
        return redirect(f"{reverse('handed_file', args=[file_id])}?{urlencode({'page': page})}")
    if take_file(by=seat, file_id=file_id, start=turns.start_behind):
        messages.success(request, _("The good rows are being taken."))
    else:
        messages.warning(
            request, _("Nothing was taken: the rules for files changed since this one was checked. Look again.")
        )
    return redirect("handed_file", file_id)


def _numbers(said: list[str]) -> list[int]:
    return [int(one) for one in said if one.isascii() and one.isdigit() and len(one) < 9]


def _records_apart(ticked: list[str]) -> dict[int, list[UUID]]:
    """Return by row the records that stood beside a tick; what no page of ours has written says nothing."""
    found = {}
    for row, *records in (one.split() for one in ticked if one.strip()):
        with suppress(ValueError):
            found.update({number: [UUID(one) for one in records] for number in _numbers([row])})
    return found


def forget(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    forget_file(by=seat, file_id=file_id)
    messages.success(request, _("The file is forgotten."))
    return redirect("files")


def to_correct(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponseBase:
    """Stream the refused rows as a file that can be mended and handed in again."""
    del request
    rows = rows_to_correct(by=seat, file_id=file_id)
    # As the profile takes it back; a comma where it is another program's.
    separator = separator_of(read_handed(by=seat, file_id=file_id).profile)
    return csv_answer("a-corriger", next(rows), rows, separator=separator)


def receipt(request: HttpRequest, seat: Seat, file_id: UUID) -> HttpResponse:
    del request
    content = orjson.dumps(receipt_of(by=seat, file_id=file_id), option=orjson.OPT_INDENT_2)
    answer = HttpResponse(content, content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="recu.json"'
    return answer


def model(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Give a file to fill in, with the pharmacy's own number."""
    del request
    content = template(get_language() or "fr", finess=read_terms(by=seat).own_number)
    return csv_content("temoin-results-1", content)


def model_of_patients(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Give a list of patients to fill in."""
    del request, seat
    return csv_content("temoin-patients-1", template_of_patients(get_language() or "fr"))


def _page(request: HttpRequest, seat: Seat, file_id: UUID, problems: list[Problem]) -> HttpResponse:
    held = read_handed(by=seat, file_id=file_id)
    typed = Typed(request.POST if problems else {}, problems)
    parts, told = _parts(held, seat, page_number(request))
    return show(
        request,
        seat,
        "handed.html",
        status=400 if problems else 200,
        held=held,
        problems=problems,
        parts=[f"web/handed/{part}.html" for part in parts],
        heading=_heading(held),
        sums=_sums(held),
        refused=held.count(Sameness.REFUSED.value),
        has_more=held.count(Sameness.REFUSED.value) > SHOWN,
        told=told,
        shown=SHOWN,
        **_press(held, told),
        **_pages(held, page_number(request)),
        **_refusal(held, typed, seat),
    )


def _parts(held: HeldFile, seat: Seat, page: int) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the parts of the page, and the rows that one of them tells of."""
    if held.stage.is_running and not held.is_stopped:
        return ["going"], []
    if held.stage is FileStage.REFUSED:
        return ["refusal", "forget"], []
    told = _told(seat, held, page)
    return ["sums", *(["told"] if told else []), "forget"], told


def _pages(held: HeldFile, page: int) -> dict[str, Any]:
    """Return the ways to other pages of those who may be known: links, or presses that keep what is ticked."""
    last = max(0, held.count(PersonFate.NEAR.value) - 1) // SHOWN
    if held.stage is not FileStage.TRIED:
        return {"pages": page_links(reverse("handed_file", args=[held.id]), page, has_more=page < last), "steps": []}
    steps = [(page - 1, _("Page before"))] if page else []
    steps += [(page + 1, _("Next page"))] if page < last else []
    return {"pages": None, "steps": [(str(number), words) for number, words in steps]}


def _heading(held: HeldFile) -> str:
    is_list = held.kind is FileKind.PATIENTS
    if held.is_stopped:
        return _("It stopped before its end")
    taking = _("The patients are being registered") if is_list else _("The results are being signed")
    return {
        FileStage.HANDED_IN: _("The file was not checked yet"),
        FileStage.TRYING: _("The file is being checked"),
        FileStage.TRIED: _("What taking this file would do"),
        FileStage.TAKING: taking,
        FileStage.TAKEN: _("What became of this file"),
        FileStage.REFUSED: "",
    }[held.stage]


def _press(held: HeldFile, told: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what one press does next, "" where there is nothing to press."""
    address = {stage: reverse("try_file", args=[held.id]) for stage in (FileStage.HANDED_IN, FileStage.TRYING)}
    address |= {stage: reverse("take_file", args=[held.id]) for stage in (FileStage.TRIED, FileStage.TAKING)}
    good = sum(held.count(one.value) for one in _GOOD)
    near = [one for one in told if one["near"]] if held.stage is FileStage.TRIED else []
    press = "press" if held.stage in address else ""
    if held.stage is FileStage.TRIED and not good and not held.count(PersonFate.NEAR.value):
        press = "no_press"
    before, label = _words_of_press(held, good)
    return {
        "press": f"web/handed/{press}.html" if press else "",
        "address": address.get(held.stage, ""),
        "near": near,
        "before": before,
        "label": label,
    }


def _words_of_press(held: HeldFile, good: int) -> tuple[str, str]:
    if held.stage is FileStage.HANDED_IN:
        return "", _("Check the file")
    if held.is_stopped:
        return _("What is stored stays, and nothing is stored twice."), _("Go on")
    if held.kind is FileKind.PATIENTS:
        return "", _("Register the new patients")
    words = ngettext("Sign and store %(number)s row", "Sign and store %(number)s rows", good) % {"number": good}
    return _("You sign each of these results for this pharmacy."), words


def _sums(held: HeldFile) -> list[tuple[str, int]]:
    labels: dict[str, str] = {
        Sameness.STORED: _("new results"),
        Sameness.CORRECTED: _("corrections"),
        Sameness.CANCELLED: _("cancellations"),
        Sameness.ALREADY_STORED: _("already stored"),
        Sameness.REFUSED: _("refused"),
        PersonFate.REGISTERED: _("new patients"),
        PersonFate.KNOWN: _("already known"),
        PersonFate.NEAR: _("perhaps known"),
    }
    return [(labels[fate], held.count(fate.value)) for fate in fates_of(held)]


def _told(seat: Seat, held: HeldFile, page: int) -> list[dict[str, Any]]:
    """Return the first rows of which there is something to say, and a page of those who may be known."""
    rows = told_of(by=seat, held=held, is_near=False, most=SHOWN)
    if held.count(PersonFate.NEAR.value):
        rows += told_of(by=seat, held=held, is_near=True, start=page * SHOWN, most=SHOWN)
    found = [_told_row(one, held) for one in rows]
    return sorted(found, key=lambda one: int(one["row"]))


def _told_row(one: dict[str, Any], held: HeldFile) -> dict[str, Any]:
    names = ("column", "code", "reason", "remedy")
    near = one.get("near", [])
    return {
        "row": one["row"],
        "fate": "" if one["verdict"] in _ASIDE else _("(taken)"),
        "person": one.get("person", ""),
        "near": near,
        "lines": ", ".join(line for _known, line in near),
        "apart": " ".join([str(one["row"]), *(known for known, _line in near)]),
        "is_apart": str(one["row"]) in held.put_aside,
        "problems": [dict(zip(names, problem, strict=True)) for problem in one["problems"]],
    }


def _refusal(held: HeldFile, typed: Typed, seat: Seat) -> dict[str, Any]:
    """Return why the file is refused, and the fields by which a person can say what it lacks."""
    if held.stage is not FileStage.REFUSED:
        return {"refusal": None, "headings": [], "order_field": None}
    error, lang = refusal_of(held), get_language() or "fr"
    return {
        "refusal": {"reason": error.message(lang), "remedy": error.remedy(lang)},
        "headings": _heading_fields(error.headings, held, typed, seat),
        "order_field": order_field(typed) if error.code in _ORDER_CODES else None,
    }


def _heading_fields(headings: tuple[str, ...], held: HeldFile, typed: Typed, seat: Seat) -> list[tuple[str, Field]]:
    """Return a field for each heading that says nothing by itself; its choices are the columns that are still free."""
    own, said = own_profile(), {**read_terms(by=seat).columns, **held.columns}
    taken = set(own.names(headings))
    fields = []
    for place, heading in enumerate(headings):
        plain = plain_heading(heading)
        if plain in own.headings or not plain:
            continue
        field = typed(
            f"{_HEADING}{place}",
            heading,
            "select",
            initial=said.get(plain, ""),
            choices=_free_columns(taken),
            is_one_of=True,
        )
        fields.append((heading, field))
    return fields


def _free_columns(taken: set[str]) -> list[Choice]:
    is_french = (get_language() or "fr").startswith("fr")
    free = sorted((one for one in OWN_COLUMNS if one.name not in taken), key=lambda one: not one.is_required)
    return [
        Choice(one.name, one.french if is_french else one.english, _("needed") if one.is_required else "")
        for one in free
    ]


def order_field(typed: Typed) -> Field:
    return typed(
        "dates",
        _("What 03/04/2026 means in this file"),
        "radio",
        choices=[
            Choice(DateOrder.DMY.value, _("3 April: day, month, year")),
            Choice(DateOrder.MDY.value, _("March 4: month, day, year")),
        ],
    )
