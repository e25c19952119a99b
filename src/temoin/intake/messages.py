"""One message of results, read by the rules of the pharmacy that it comes to."""

from __future__ import annotations

from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.rows import ResultRow
from temoin.formats.csv.tables import Encoding
from temoin.formats.handed.hl7 import Passed
from temoin.formats.handed.hl7_file import RawMessage, told_of_message
from temoin.formats.handed.told import judge
from temoin.lib.clock import now
from temoin.pharmacies.policies import Holder
from temoin.pharmacies.zones import zone_of, zone_of_postcode


def rows_of_message(by: Holder, raw: RawMessage, encoding: Encoding) -> list[ResultRow | RowErrors]:
    """Return what a message tells, judged as a file's rows are."""
    rules = CellRules(now(), DateOrder.ISO, zone_of(by.pharmacy_id), zone_of_postcode)
    return [judge(told, rules) for told in told_of_message(raw, encoding, Passed())]
