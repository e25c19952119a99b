"""Searches of FHIR: results signed since a moment, page by page; a result or a patient by a number that it bears.

No address holds personal data, so a number is asked for by POST to `_search` (FHIR R4, 3.1.0.1.5). What is not
understood is refused: a search that left out a parameter would tell other people's results.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from temoin.api.fhir_reads import patient_told
from temoin.api.outcomes import BASE
from temoin.api.paging import AskedList
from temoin.api.settings import SITE
from temoin.formats.fhir import codes, served_result
from temoin.formats.fhir.elements import Element
from temoin.intake.resent import tests_of_number
from temoin.lib.errors import NotFoundError, refuse
from temoin.lib.zones import read_instant
from temoin.patients.queries import MergedError, patients_by_nir, read_patient
from temoin.patients.traits import Traits
from temoin.pharmacies.programs import ProgramSeat
from temoin.scanning.nir import check_nir
from temoin.testing.report import Report
from temoin.testing.signed import ResultsWanted, SignedPlace, signed_results

FORM = ("application/x-www-form-urlencoded",)
IDENTIFIER, UPDATED, COUNT, CURSOR, FORMAT = "identifier", "_lastUpdated", "_count", "_cursor", "_format"
USUAL, MOST = 50, 100
MOMENT = (
    r"(ge|gt|le|lt|)(20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(?:Z|[+ -](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)))"  # as FHIR has offsets
)
_BY_POST = _("Search by POST to _search: no address may hold a number of a person or of a result.")
_NO_INSTANT = _("Give the time with its offset, for instance 2026-11-29T09:30:00+01:00.")
_ONE_NUMBER = _("Give one number, as system|value, with one of the systems of the CapabilityStatement.")


def reports(request: HttpRequest, seat: ProgramSeat) -> Element:
    """Return results by the hour of their last signature; the look at all of them is an event."""
    if IDENTIFIER in request.GET:
        raise refuse(IDENTIFIER, "personal", _BY_POST)
    return _reports(seat, _known(request.GET, UPDATED, COUNT, CURSOR, FORMAT))


def reports_by_post(request: HttpRequest, seat: ProgramSeat, body: bytes) -> Element:
    """Return the result that bears a number, or what a search by address returns."""
    _known(request.GET, FORMAT)
    asked = _known(QueryDict(body), IDENTIFIER, UPDATED, COUNT, CURSOR)
    if IDENTIFIER not in asked:
        return _reports(seat, asked)
    found = signed_results(by=seat, wanted=_wanted(asked, among=_tests(seat, asked)), limit=MOST)
    return _searchset("DiagnosticReport/_search", (_told(one) for one in found.reports))


def patients(_request: HttpRequest, _seat: ProgramSeat) -> NoReturn:
    """Refuse to look for a person by an address."""
    raise refuse("", "personal", _BY_POST)


def patients_by_post(request: HttpRequest, seat: ProgramSeat, body: bytes) -> Element:
    """Return who bears a number: their NIR, or that of their record here."""
    _known(request.GET, FORMAT)
    system, value = _number(_known(QueryDict(body), IDENTIFIER))
    find = _PEOPLE.get(system)
    if find is None:
        raise refuse(IDENTIFIER, "unknown", _ONE_NUMBER)
    told = (patient_told(seat, patient_id, traits) for patient_id, traits in find(seat, value))
    return _searchset("Patient/_search", told)


def _by_nir(seat: ProgramSeat, value: str) -> list[tuple[UUID, Traits]]:
    try:
        return patients_by_nir(by=seat, nir=check_nir(value))
    except ValueError:
        raise refuse(IDENTIFIER, "wrong_key", _("This NIR is not valid: 15 characters with their key.")) from None


def _by_own_number(seat: ProgramSeat, value: str) -> list[tuple[UUID, Traits]]:
    patient_id = _uuid(value)
    try:
        return [(patient_id, read_patient(by=seat, patient_id=patient_id))]
    except MergedError as error:
        return [(error.stays, read_patient(by=seat, patient_id=error.stays))]
    except NotFoundError:
        return []


_PEOPLE: dict[str, Callable[[ProgramSeat, str], list[tuple[UUID, Traits]]]] = {
    codes.INS_NIR: _by_nir,
    codes.INS_NIR_DEMO: _by_nir,
    codes.PATIENT_SYSTEM: _by_own_number,
}


def _known(values: QueryDict, *names: str) -> QueryDict:
    if not set(values) <= set(names):
        message = _("Only these parameters are understood here: %(names)s.") % {"names": ", ".join(names)}
        raise refuse("", "unknown_parameter", message)
    if any(len(values.getlist(name)) > (2 if name == UPDATED else 1) for name in values):
        raise refuse("", "repeated", _("Give each parameter once, and _lastUpdated twice at most: for a span."))
    return values


def _number(asked: QueryDict) -> tuple[str, str]:
    """Return system and value of the one number that is asked for."""
    system, _bar, value = str(asked.get(IDENTIFIER, "")).rpartition("|")
    if not value or "," in value or "\\" in value:  # with these FHIR joins several, and escapes
        raise refuse(IDENTIFIER, "malformed", _ONE_NUMBER)
    return system, value


def _tests(seat: ProgramSeat, asked: QueryDict) -> list[UUID]:
    """Return the tests that bear a number: without a system, that which the program gave its result."""
    system, value = _number(asked)
    if system == codes.RECORD_SYSTEM:
        return [_uuid(value)]
    if system:
        raise refuse(IDENTIFIER, "unknown", _ONE_NUMBER)
    return tests_of_number(by=seat, number=value)


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise refuse(IDENTIFIER, "malformed", _ONE_NUMBER) from None


@dataclass(frozen=True)
class _SpanAsked:
    """What one `_lastUpdated` says: from a moment on, and before another."""

    since: datetime | None
    until: datetime | None


def _span(text: str) -> _SpanAsked:
    found = re.fullmatch(MOMENT, text, re.ASCII)
    try:
        # A plus sign that was not escaped in an address comes as a space: no time has one there.
        begins = read_instant(found[2].replace(" ", "+")) if found else None
    except ValueError:
        begins = None
    if found is None or begins is None:
        raise refuse(UPDATED, "no_instant", _NO_INSTANT)
    ends = begins + (timedelta(microseconds=1) if found[3] else timedelta(seconds=1))
    starts = {"ge": begins, "gt": ends, "": begins}
    stops = {"le": ends, "lt": begins, "": ends}
    return _SpanAsked(starts.get(found[1]), stops.get(found[1]))


def _wanted(asked: QueryDict, among: list[UUID] | None = None) -> ResultsWanted:
    spans = [_span(one) for one in asked.getlist(UPDATED)]
    return ResultsWanted(
        since=max((one.since for one in spans if one.since), default=None),
        until=min((one.until for one in spans if one.until), default=None),
        among=among,
    )


def _reports(seat: ProgramSeat, asked: QueryDict) -> Element:
    count = asked.get(COUNT, str(USUAL))
    if not re.fullmatch("[0-9]{1,3}", count, re.ASCII) or not 1 <= int(count) <= MOST:
        raise refuse(COUNT, "malformed", _("Give a number from 1 to %(most)s.") % {"most": MOST})
    question = [(UPDATED, one) for one in asked.getlist(UPDATED)]
    listed = AskedList(seat, "fhir_reports", BASE, {UPDATED: " ".join(one for _name, one in question)})
    reached = listed.read_cursor(str(asked[CURSOR])) if CURSOR in asked else ()
    after = SignedPlace(datetime.fromisoformat(reached[0]), UUID(reached[1])) if reached else None
    found = signed_results(by=seat, wanted=_wanted(asked), limit=int(count), after=after)
    place = "DiagnosticReport"
    following = ""
    if found.reached:
        cursor = listed.make_cursor((found.reached.signed_at.isoformat(), str(found.reached.record_id)))
        following = f"{place}?{urlencode([*question, (COUNT, count), (CURSOR, cursor)])}"
    own = f"{place}?{urlencode([*question, (COUNT, count)])}"
    return _searchset(own, (_told(one) for one in found.reports), following)


def _told(report: Report) -> Element:
    return served_result(report)[f"DiagnosticReport/{report.record_id}"]


def _searchset(own: str, found: Iterable[Element], following: str = "") -> Element:
    base = SITE().staff_url + BASE
    links = [{"relation": "self", "url": f"{base}/{own}"}]
    links += [{"relation": "next", "url": f"{base}/{following}"}] if following else []
    entries = [
        {"fullUrl": f"{base}/{one['resourceType']}/{one['id']}", "resource": one, "search": {"mode": "match"}}
        for one in found
    ]
    told = {"resourceType": "Bundle", "type": "searchset", "link": links}
    return told | ({"entry": entries} if entries else {})
