"""Signed tests of a period, each once, by the version that stands: what lists, files and figures are made of.

A test belongs to the day on which it was first signed, by the pharmacy's clock; all else is the latest version's. A
corrected result counts for what it says now, a cancelled one is void. In clear stand the hour of a signature, who
signed, the lot, and what became of parcels and letters: the database chooses by these. Kind, outcome and exact times
are sealed: they are opened, portion by portion, within the days that were asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kinds import Kind, load_kinds
from temoin.catalogue.outcomes import MEASURED, NEGATIVE, NONE, POSITIVE, outcome
from temoin.crypto.sealed import open_value
from temoin.delivery.letters import LetterFate
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import coarse, now
from temoin.lib.errors import refuse
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.lib.zones import bounds_of_day
from temoin.outbox.channel import Audience
from temoin.outbox.open_channels import names_of
from temoin.outbox.states import OPEN, ParcelState
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.models import RecordVersion
from temoin.testing.report import Report, ReportStatus

MOST_DAYS = 92  # of one question
PORTION = 200  # opened in one transaction: a slow reader must not hold one for long


class ResultSays(StrEnum):
    """What a result says in all: one positive target makes it positive."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNCLEAR = "unclear"  # indeterminate, or an unsatisfactory sample
    MEASURED = "measured"  # a quantity, of which nothing positive or negative is said
    VOID = "void"  # cancelled


class LetterStands(StrEnum):
    """Where the letter of the version that stands is; `delivery.letters` has the same of each letter of one result."""

    UNSENT = LetterFate.UNSENT.value
    RETURNED = LetterFate.RETURNED.value
    UNOPENED = LetterFate.UNOPENED.value
    OPENED = LetterFate.OPENED.value
    LOCKED = LetterFate.LOCKED.value
    EXPIRED = LetterFate.EXPIRED.value
    NO_LETTER = "no_letter"


class NoticeStands(StrEnum):
    """Where the notices to authorities of the version that stands are: the worst of them."""

    REFUSED = "refused"
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"
    WITHDRAWN = "withdrawn"
    NOT_DUE = "not_due"  # nobody was to be told


@dataclass(frozen=True, kw_only=True)
class ResultFilter:
    """Which tests: of these days of the pharmacy's calendar, and if given of one kind, outcome, lot, person, fate."""

    since: date
    until: date  # the last day
    zone: ZoneInfo  # of the pharmacy
    kind: str = ""
    says: ResultSays | None = None
    lot: str = ""  # its number, in any case
    signer_id: UUID | None = None  # of any version
    letter: LetterStands | None = None
    notice: NoticeStands | None = None

    @property
    def days(self) -> int:
        """Return how many days are asked for."""
        return (self.until - self.since).days + 1

    @property
    def told(self) -> str:
        """Return the days as an event keeps them."""
        return f"{self.since.isoformat()}/{self.until.isoformat()}"

    def bounds(self) -> tuple[datetime, datetime]:
        """Return the instants between which the days lie."""
        return bounds_of_day(self.since, self.zone)[0], bounds_of_day(self.until, self.zone)[1]

    def check(self) -> None:
        """Raise InvalidError for days in the wrong order, or more of them than one question may open."""
        if self.until < self.since:
            raise refuse("until", "before", _("The last day is before the first."))
        if self.days > MOST_DAYS:
            words = _("At most %(days)s days at once: results are sealed, and each one looked at is opened.")
            raise refuse("until", "too_long", words % {"days": MOST_DAYS})


@dataclass(frozen=True)
class Place:
    """Where a list goes on: after this version, in the order of first signatures, the latest first."""

    hour: datetime
    version_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignedTest:
    """A test by the version that stands; `told` is what that version sealed."""

    place: Place
    record_id: UUID
    patient_id: UUID
    first_signed_at: datetime
    told: dict[str, Any]
    letter: LetterStands
    notice: NoticeStands
    acknowledged_at: datetime | None  # by every authority that was to be told, each for the first time

    @property
    def report(self) -> Report:
        """Return the version that stands."""
        return Report.from_dict(self.told)

    @property
    def kind(self) -> Kind:
        """Return what was tested for, as the catalogue has it today."""
        return load_kinds()[self.told["kind"]]

    @property
    def is_corrected(self) -> bool:
        """Tell whether another version stood before."""
        status: str = self.told["status"]
        return status == ReportStatus.CORRECTED

    @property
    def found(self) -> dict[str, ResultSays]:
        """Return, by target, what was found; a void result found nothing."""
        return {} if self._is_void else {one["target"]: _means(one["outcome"]) for one in self.told["findings"]}

    @property
    def says(self) -> ResultSays:
        """Return what the result says in all."""
        return ResultSays.VOID if self._is_void else says_in_all(self.found.values())

    @property
    def _is_void(self) -> bool:
        status: str = self.told["status"]
        return status == ReportStatus.CANCELLED


_SAYS = {
    POSITIVE: ResultSays.POSITIVE,
    NEGATIVE: ResultSays.NEGATIVE,
    NONE: ResultSays.UNCLEAR,
    MEASURED: ResultSays.MEASURED,
}


def says_in_all(found: Iterable[ResultSays]) -> ResultSays:
    """Return what several targets say together: a positive one outweighs all, an unclear one the negatives."""
    each = set(found)
    order = (ResultSays.POSITIVE, ResultSays.UNCLEAR, ResultSays.NEGATIVE, ResultSays.MEASURED)
    return next((one for one in order if one in each), ResultSays.UNCLEAR)


def _means(code: str) -> ResultSays:
    return _SAYS[outcome(code).means]


def each_test(*, by: Seat, wanted: ResultFilter) -> Iterator[SignedTest]:
    """Return every test of the filter, the latest first, for a count that shows nobody: it is no look at anyone."""
    check_right(by=by, right=Right.READ_TEST)
    return _each_test(by, wanted)


def _each_test(by: Seat, wanted: ResultFilter) -> Iterator[SignedTest]:
    """Yield portion after portion, each of a transaction of its own."""
    after: Place | None = None
    while True:
        with tenant_scope(by.pharmacy_id):
            rows, reached = ask_for_portion(wanted, after)
            tests = open_portion(wanted, rows)
        yield from tests
        if reached is None:
            return
        after = reached


def ask_for_portion(wanted: ResultFilter, after: Place | None) -> tuple[list[dict[str, Any]], Place | None]:
    """Return the next rows of the filter by what stands in clear, and the place reached, None after the last ones.

    None is opened yet: `open_portion` does that, and chooses by what they say.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TESTS, _values(wanted, after))
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return rows, Place(rows[-1]["hour"], rows[-1]["first_id"]) if len(rows) == PORTION else None


def open_portion(wanted: ResultFilter, rows: list[dict[str, Any]]) -> list[SignedTest]:
    """Return those of the rows that the filter wants by what they say; one that does not open is told and left out."""
    begins, ends = wanted.bounds()
    tests = each_opened(rows, _opened)
    return [one for one in tests if begins <= one.first_signed_at < ends and _is_wanted(one, wanted)]


def _is_wanted(test: SignedTest, wanted: ResultFilter) -> bool:
    if wanted.kind and test.told["kind"] != wanted.kind:
        return False
    if wanted.says is not None and test.says is not wanted.says:
        return False
    return not wanted.lot or str(test.told["device"]["lot"]).casefold() == wanted.lot.casefold()


def _opened(row: dict[str, Any]) -> SignedTest:
    told = _open(row, "latest", row["number"])
    first = _open(row, "first", 1) if row["number"] > 1 else told
    return SignedTest(
        place=Place(row["hour"], row["first_id"]),
        record_id=row["record_id"],
        patient_id=row["patient_id"],
        first_signed_at=datetime.fromisoformat(first["signed_at"]),
        told=told,
        letter=LetterStands(row["letter"]),
        notice=NoticeStands(row["notice"]),
        acknowledged_at=row["acknowledged_at"],
    )


def _open(row: dict[str, Any], which: str, number: int) -> dict[str, Any]:
    bound = {"record_id": row["record_id"], "number": number}
    bound |= {name: row[f"{which}_{name}"] for name in ("signed_by", "signed_at")}
    return open_value(RecordVersion, row[f"{which}_id"], bytes(row[f"{which}_sealed"]), bound)


def _values(wanted: ResultFilter, after: Place | None) -> dict[str, Any]:
    begins, ends = wanted.bounds()
    return {
        "pharmacy": current_pharmacy(),
        "since": coarse(begins),  # a row tells the hour: where days begin at the half of one, opening decides
        "until": ends,
        "at": after.hour if after else None,
        "id": after.version_id if after else None,
        "lot": wanted.lot.casefold(),
        "signer": wanted.signer_id,
        "letter": wanted.letter,
        "notice": wanted.notice,
        "now": now(),
        "to_patients": names_of(Audience.PATIENT),
        "to_authorities": names_of(Audience.AUTHORITY),
        "open": sorted(OPEN - {ParcelState.REFUSED}),
        "portion": PORTION,
    }


# The latest version is the last of those that seals bind, whatever the record's row says in clear.
# It may have several letters, as after a renewed ticket: the newest counts, but one that was opened is
# known to the patient. What became of the message says more than an unopened letter (`delivery.letters`).
_LETTER = """
CASE WHEN letter.tries_left = 0 AND letter.state = 'open' THEN 'locked'
     WHEN letter.was_opened THEN 'opened'
     WHEN message.state IN ('waiting', 'sending', 'in_doubt') THEN 'unsent'
     WHEN message.state IN ('refused', 'withdrawn') THEN 'returned'
     WHEN letter.state IS NULL OR letter.state = 'withdrawn' THEN 'no_letter'
     WHEN letter.expires_at <= %(now)s THEN 'expired'
     ELSE 'unopened' END
"""
_NOTICE = """
CASE WHEN notices.refused THEN 'refused' WHEN notices.open THEN 'on_the_way' WHEN notices.accepted THEN 'arrived'
     WHEN notices.known THEN 'withdrawn' ELSE 'not_due' END
"""
_TESTS = f"""
SELECT first.record_id, first.id AS first_id, first.signed_at AS hour, first.signed_at AS first_signed_at,
       first.signed_by AS first_signed_by, CASE WHEN latest.number > 1 THEN first.sealed END AS first_sealed,
       record.patient_id, latest.number, latest.id AS latest_id, latest.signed_at AS latest_signed_at,
       latest.signed_by AS latest_signed_by, latest.sealed AS latest_sealed,
       {_LETTER} AS letter, {_NOTICE} AS notice, acknowledged.at AS acknowledged_at
  FROM testing_record_version AS first
  JOIN testing_record AS record ON record.pharmacy_id = %(pharmacy)s AND record.id = first.record_id
  JOIN LATERAL (
       SELECT id, number, signed_at, signed_by, sealed FROM testing_record_version
        WHERE pharmacy_id = %(pharmacy)s AND record_id = first.record_id
        ORDER BY number DESC LIMIT 1) AS latest ON true
  LEFT JOIN LATERAL (
       SELECT bool_or(opened_count > 0) OVER () AS was_opened, tries_left, state, expires_at FROM delivery_letter
        WHERE pharmacy_id = %(pharmacy)s AND record_id = first.record_id AND version = latest.number
        ORDER BY expires_at DESC LIMIT 1) AS letter ON true
  LEFT JOIN LATERAL (
       SELECT state FROM outbox_parcel
        WHERE pharmacy_id = %(pharmacy)s AND chain_id = first.record_id AND sequence = latest.number
          AND destination = ANY(%(to_patients)s)
        ORDER BY id DESC LIMIT 1) AS message ON true
  LEFT JOIN LATERAL (
       SELECT bool_or(state = 'refused') AS refused, bool_or(state = ANY(%(open)s)) AS open,
              bool_or(state = 'accepted') AS accepted, count(*) > 0 AS known FROM outbox_parcel
        WHERE pharmacy_id = %(pharmacy)s AND chain_id = first.record_id AND sequence = latest.number
          AND destination = ANY(%(to_authorities)s)) AS notices ON true
  LEFT JOIN LATERAL (
       SELECT CASE WHEN bool_and(once.at IS NOT NULL) THEN max(once.at) END AS at
         FROM (SELECT min(settled_at) FILTER (WHERE state = 'accepted') AS at FROM outbox_parcel
                WHERE pharmacy_id = %(pharmacy)s AND chain_id = first.record_id
                  AND destination = ANY(%(to_authorities)s)
                GROUP BY destination) AS once) AS acknowledged ON true
 WHERE first.pharmacy_id = %(pharmacy)s AND first.number = 1
   AND first.signed_at >= %(since)s AND first.signed_at < %(until)s
   AND (%(at)s::timestamptz IS NULL
        OR first.signed_at <= %(at)s::timestamptz AND (first.signed_at, first.id) < (%(at)s::timestamptz, %(id)s::uuid))
   AND (%(lot)s = '' OR record.lot_id IS NULL OR record.lot_id IN (
        SELECT id FROM catalogue_lot WHERE pharmacy_id = %(pharmacy)s AND lower(number) = %(lot)s))
   AND (%(signer)s::uuid IS NULL OR EXISTS (
        SELECT FROM testing_record_version AS any_version WHERE any_version.pharmacy_id = %(pharmacy)s
           AND any_version.record_id = first.record_id AND any_version.signed_by = %(signer)s::uuid))
   AND (%(letter)s::text IS NULL OR {_LETTER} = %(letter)s)
   AND (%(notice)s::text IS NULL OR {_NOTICE} = %(notice)s)
 ORDER BY first.signed_at DESC, first.id DESC LIMIT %(portion)s
"""  # noqa: S608 our own words
