"""Results of one message or Bundle, read by the rules of the pharmacy that they come to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO
from uuid import UUID

from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.rows import ResultRow
from temoin.formats.csv.tables import Encoding
from temoin.formats.handed.fhir_file import told_of_json, told_of_xml
from temoin.formats.handed.hl7 import Passed
from temoin.formats.handed.hl7_file import RawMessage, told_of_message
from temoin.formats.handed.hl7_orders import TestOrder, judge_order, told_orders
from temoin.formats.handed.opening import named
from temoin.formats.handed.told import ToldResult, judge
from temoin.intake.proposing import MOST_RESULTS
from temoin.lib.clock import now
from temoin.pharmacies.policies import Holder
from temoin.pharmacies.zones import place_of, zone_of_postcode

_WHO_ORDERED = "ordering_provider_last_name"


@dataclass(frozen=True, slots=True)
class RowsTold:
    """What a message, a Bundle or loose resources tell, and the places of what is passed over."""

    rows: tuple[ResultRow | RowErrors, ...]
    unread: tuple[str, ...]
    not_kept: tuple[str, ...]


def rows_of_message(by: Holder, raw: RawMessage, encoding: Encoding) -> RowsTold:
    """Return what a message tells, judged as a file's rows are."""
    passed = Passed()
    return _told(by, told_of_message(raw, encoding, passed), passed)


@dataclass(frozen=True, slots=True)
class OrdersTold:
    """The orders of a message, and the places of what is passed over."""

    orders: tuple[TestOrder | RowErrors, ...]
    unread: tuple[str, ...]
    not_kept: tuple[str, ...]


def orders_of_message(by: Holder, raw: RawMessage) -> OrdersTold:
    """Return what an order asks for, judged by the rules of the pharmacy that it comes to."""
    passed, rules = Passed(), rules_of(by.pharmacy_id)
    told = islice(told_of_message(raw, Encoding.UTF_8, passed, told_orders), MOST_RESULTS + 1)
    orders = tuple(judge_order(one, rules) for one in told)
    return OrdersTold(orders, named(passed.unread), named(passed.not_kept))


def told_by(raw: RawMessage) -> list[ToldResult]:
    """Return what a message tells, not judged yet."""
    return list(islice(told_of_message(raw, Encoding.UTF_8, Passed()), MOST_RESULTS + 1))


def rules_of(pharmacy_id: UUID) -> CellRules:
    place = place_of(pharmacy_id)
    return CellRules(now(), DateOrder.ISO, place.zone, place.region, zone_of_postcode)


def rows_of_bundle(by: Holder, stream: BinaryIO, *, is_xml: bool) -> RowsTold:
    """Return what FHIR tells, judged as a file's rows are; FileRefusedError when it cannot be read."""
    passed, read = Passed(), told_of_xml if is_xml else told_of_json
    return _told(by, read(stream, Encoding.UTF_8, passed), passed)


def _told(by: Holder, told: Iterator[ToldResult], passed: Passed) -> RowsTold:
    rules = rules_of(by.pharmacy_id)
    # One more than are taken shows that it is too many.
    rows = tuple(judge(one, rules) for one in islice(told, MOST_RESULTS + 1))
    ordered = {row.written[_WHO_ORDERED]: None for row in rows if isinstance(row, ResultRow) and _is_ordered(row)}
    return RowsTold(rows, named(passed.unread), named(passed.not_kept | ordered))


def _is_ordered(row: ResultRow) -> bool:
    """Tell whether a result says who ordered it: of a proposal nobody is on record."""
    return bool(row.provider.family_name) and _WHO_ORDERED in row.written
