"""Whatever takes only the first of many says how the rest is reached: no work is dropped by a constant in silence."""

from __future__ import annotations

import ast
import re

from source_code import sources

# Where the first N are taken, by module and the name of the bound: how the rest is reached.
PAGED = "the page leads to the next ones"
LOOPS = "its caller goes on until nothing is left"
SAID = "what is left is counted and told"
TAKEN = {
    "api/paging.py:wish": PAGED,
    "api/reading.py:MOST_PROBLEMS": "problems of one body: mended, it is sent again and the others are told",
    "arrivals/reminding.py:MOST": "the next round goes on",
    "catalogue/actions.py:PAGE": PAGED,
    "cli/journal.py:SHOWN": SAID,
    "cli/reconcile.py:RUNS": SAID,
    "cli/reconcile.py:SHOWN": SAID,
    "oversight/staff_notices.py:MOST_IN_A_ROUND": "the next round goes on",
    "delivery/following.py:MOST": PAGED,
    "delivery/following.py:most": PAGED,
    "delivery/recall.py:MOST": PAGED,
    "delivery/unknowing.py:portion": LOOPS,
    "delivery/channels/sms/receipts.py:%s": "the next round goes on",
    "delivery/telling.py:LATEST": "what was noted before is on each test's page",
    "journal/alerts.py:%s": "the next round goes on",
    "journal/book.py:STRIDE": LOOPS,
    "journal/queries.py:PAGE": PAGED,
    "journal/queries.py:PORTION": LOOPS,
    "journal/sealing.py:limit": LOOPS,
    "keeping/rows.py:BATCH": LOOPS,
    "keeping/rows.py:size": "a sample, drawn to be one",
    "outbox/open_parcels.py:PAGE": PAGED,
    "outbox/open_parcels.py:most": SAID,
    "outbox/queue.py:among": "one of those due first is chosen: the others are due when it has told",
    "outbox/queue.py:limit": LOOPS,
    "outbox/reconciling.py:PORTION": LOOPS,
    "patients/queries.py:most": SAID,
    "pharmacies/programs.py:_CLEARED_AT_ONCE": "tokens past their time: each new one clears some more",
    "pharmacies/register_checks.py:limit": "the next round goes on",
    "oversight/whole_file.py:PORTION": LOOPS,
    "retention/questions.py:limit": LOOPS,
    "surveillance/quality.py:DAYS": "the last ones of what was published: the open data has all",
    "surveillance/quality.py:WEEKS": "the last ones of what was published: the open data has all",
    "surveillance/sender_queries.py:%s": "the weeks that are kept: there are no more",
    "surveillance/sender_queries.py:limit": PAGED,
    "transmission/reconcile.py:ALIENS": SAID,
    "signin/sessions.py:_PERSON": "columns of one row",
    "signin/sessions.py:-2": "columns of one row",
    "signin/workplaces.py:MOST": "the rest is told in the log: no person works in so many places",
    "testing/list_version.py:most": "the rows of one page: each page has a mark of its own",
    "testing/paged.py:limit": PAGED,
    "testing/proposals.py:PAGE": PAGED,
    "testing/lists.py:PAGE": PAGED,
    "testing/signed.py:limit": PAGED,
    "oversight/results.py:ON_PAGE": PAGED,
    "oversight/signed_tests.py:portion": LOOPS,
    "oversight/statement.py:page": PAGED,
    "webhooks/gathering.py:most": "the next round goes on",
    "webhooks/queries.py:SHOWN": "the last ones, and how many wait: the events tell the others",
    "webhooks/queue.py:most": LOOPS,
}
# Bounds that cut one text, one file of bytes or one known triple: no rows.
NO_ROWS = re.compile(r"\b(formats|crypto|couriers|temoin_[a-z]+|portal|lib)/")
_LIMIT = re.compile(r"(?:LIMIT|FETCH FIRST)\s+(?:%\((\w+)\)s|\{(\w+)\}|(%s)|([0-9]+))")


def test_each_bounded_query_is_paged_gone_through_or_said():
    found = {hit for source in sources() if not NO_ROWS.search(source.path) for hit in _bounds(source)}

    assert found == set(TAKEN)


def _bounds(source):
    for node in source.nodes(ast.Subscript):
        if isinstance(node.slice, ast.Slice) and node.slice.upper is not None and _takes_rows(node):
            yield f"{source.path}:{_name(node.slice.upper)}"
    for node in source.nodes(ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "fetchmany":
            yield f"{source.path}:{_name(node.args[0])}"
    for node in source.nodes(ast.Constant, ast.JoinedStr):
        for bound in _LIMIT.finditer(_text(node)):
            name = next(group for group in bound.groups() if group)
            if name != "1":
                yield f"{source.path}:{name}"


def _takes_rows(node: ast.Subscript) -> bool:
    """Tell a slice of rows from one of a text: its bound has a name, and what it cuts is a query or a list of rows."""
    whole = ast.unparse(node.value)
    names = {one.id for one in ast.walk(node.slice) if isinstance(one, ast.Name)}
    rows = re.search(
        r"\b(rows|found|runs|aliens|findings|alike|old|wanted)\b|order_by|filter|values_list|sorted", whole
    )
    return bool(names and rows)


def _name(bound: ast.expr) -> str:
    names = [one.id for one in ast.walk(bound) if isinstance(one, ast.Name)]
    return next((name for name in names if name.isupper()), names[-1] if names else ast.unparse(bound))


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(
        "{" + ast.unparse(part.value) + "}" if isinstance(part, ast.FormattedValue) else _text(part)
        for part in node.values
    )
