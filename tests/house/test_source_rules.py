"""House rules over the source itself: what no module may do, wherever it is added."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

from source_code import Source, files, places, sources

from temoin.journal.events import MEANING, EventKind

WITH_ACTS = (
    "/actions.py",
    "testing/signing.py",
    "testing/from_file.py",
    "pharmacies/team.py",
    "pharmacies/invitations.py",
    "pharmacies/programs.py",
    "signin/joining.py",
)
# Acts without `by`, each with its reason.
WITHOUT_BY = {
    "pharmacies/actions.py:open_pharmacy": "the operator acts, for a pharmacy that begins with this act",
    "pharmacies/actions.py:seat_member": "the operator acts: a demonstration's first people have nobody above",
    "pharmacies/actions.py:seat_members": "the operator acts: likewise, for several at once",
    "pharmacies/invitations.py:accept_offer": "the newcomer acts, whose place begins with this act",
    "signin/joining.py:enrol_with_password": "the newcomer acts, whose account begins with this act",
    "pharmacies/invitations.py:find_offer": "a question, asked by who holds the code and is nobody yet",
    "pharmacies/invitations.py:read_offer": "a question, asked by who held the code and is nobody yet",
    "pharmacies/programs.py:issue_token": "the program acts, which the assertion proves",
    "pharmacies/programs.py:take_program_seat": "a question, asked with a token by who is nobody yet",
    "pharmacies/programs.py:take_named_seat": "a question, asked on a line by who is nobody yet",
    "delivery/actions.py:seal_letter_for": "the worker acts, for the pharmacy of the parcel",
    "delivery/actions.py:letter_is_open": "a question within the act of a courier",
    "delivery/actions.py:lock_letters": "a lock within an act",
    "catalogue/actions.py:lot_of": "a question within an act that records its own event",
    "patients/actions.py:check_notice": "a check within an act",
}
# Modules that may open a connection without being a courier: the sandbox and the witness are their own worlds.
HTTP_CLIENTS = {
    "temoin_conformance/http_wire.py": "tries an endpoint from outside, with the plainest client there is",
    "temoin_demo/processes.py": "asks our own processes on this machine whether they are ready",
    "crypto/roots/transit.py": "asks the engine that holds the root key",
}


def test_every_module_says_what_it_is_for():
    silent = [source.path for source in sources() if not ast.get_docstring(source.tree)]

    assert silent == []


def test_no_module_is_longer_than_the_wall():
    long = [source.path for source in sources() if source.tree.body and source.tree.body[-1].end_lineno > 400]

    assert long == []


def test_no_function_is_longer_than_the_wall():
    functions = _hits(ast.FunctionDef, ast.AsyncFunctionDef)

    assert places((source, node) for source, node in functions if node.end_lineno - node.lineno >= 40) == []


def test_only_the_clock_reads_the_system_clock():
    readers = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
    calls = _hits(ast.Attribute)
    found = [(s, n) for s, n in calls if isinstance(n.value, ast.Name) and (n.value.id, n.attr) in readers]

    # A trial from outside (`temoin_conformance`) looks at the clock of the world, as the endpoint does.
    assert places((s, n) for s, n in found if s.path != "lib/clock.py" and s.room != "temoin_conformance") == []


def test_a_kit_is_asked_for_where_a_lost_one_has_an_answer():
    """Lots and results outlive a catalogue: what indexes the kits by a lot's code breaks every page of that lot."""
    found = [(s, n) for s, n in _hits(ast.Subscript) if ast.unparse(n.value) == "load_kits().kits"]

    assert places((s, n) for s, n in found if s.path != "catalogue/kits.py") == []


def test_nothing_reads_across_pharmacies():
    names = [(s, n) for s, n in _hits(ast.Attribute) if n.attr in {"unscoped", "_base_manager", "_default_manager"}]

    assert places(iter(names)) == []


def test_every_csv_of_the_staff_site_is_written_in_one_place():
    """There it gets the separator and the mark with which a French spreadsheet opens it."""
    kinds = {s.path for s, n in _hits(ast.Constant) if str(n.value).startswith("text/csv")}
    writers = {s.path for s, n in _hits(ast.Import) if "csv" in {alias.name for alias in n.names}}

    assert {path for path in kinds | writers if path.startswith("web/")} == {"web/csv_file.py"}


def test_only_what_reads_in_short_queries_is_streamed():
    """A streamed answer is made while its reader reads: see `oversight.journal._stream` before adding another."""
    files = {s.path for s, n in _hits(ast.ImportFrom) if "csv_answer" in {alias.name for alias in n.names}}
    told = {f"web/views/{name}.py" for name in ("billing", "figures", "journal", "signed_results")}
    assert files == told | {"web/views/handed.py"}  # which asks for a part of a kept file at a time, in no transaction

    streams = ("StreamingHttpResponse", "FileResponse")

    assert {
        source.path
        for source, node in _hits(ast.ImportFrom)
        if any(alias.name in streams for alias in node.names) and node.module.startswith("django")
    } == {"web/csv_file.py", "api/whole_results.py"}  # which takes a run in a transaction, and says it outside any
    assert (
        places(
            (source, node)
            for source, node in _hits(ast.Call)
            if isinstance(node.func, ast.Attribute) and node.func.attr == "iterator"
        )
        == []
    )


def test_whoever_catches_anything_tells_of_broken_seals():
    """Every place that ends a page, a request, a parcel, a duty or a command with an error that nobody expected.

    And those that go on without: a session that was copied is nobody's, an item is set aside, a row of a file refused.
    """
    ends = {"web/errors.py", "api/answers.py", "outbox/worker.py", "outbox/duties.py", "cli/main.py"}
    ends |= {"signin/sessions.py", "outbox/set_aside.py", "intake/results.py", "transmission/daily.py"}
    ends |= {"api/whole_results.py", "web/views/proposals.py"}  # one of several is not judged, or not signed

    assert {source.path for source, node in _hits(ast.Call) if ast.unparse(node.func) == "note_broken_seal"} == ends


def test_whoever_writes_cells_guards_them():
    writers = {source.path for source, node in _hits(ast.Call) if ast.unparse(node.func) == "csv.writer"}
    guarding = {
        source.path
        for source, node in _hits(ast.ImportFrom)
        if node.module == "temoin.lib.spreadsheet" and source.path in writers
    }

    assert {path for path in writers - guarding if not path.startswith("temoin_sandbox/")} == set()


def test_one_function_writes_attempts():
    made = [(s, n) for s, n in _hits(ast.Call) if isinstance(n.func, ast.Name) and n.func.id in {"Attempt", "Sides"}]

    assert {place.partition(":")[0] for place in places(iter(made))} == {"outbox/attempts.py"}


def test_nothing_prints_but_commands():
    prints = [(s, n) for s, n in _hits(ast.Call) if isinstance(n.func, ast.Name) and n.func.id == "print"]

    assert places((s, n) for s, n in prints if s.room != "cli") == []


def test_nobody_assigns_a_state():
    hits = []
    for source, node in _hits(ast.Assign, ast.AugAssign, ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        hits += [(source, one) for one in targets if isinstance(one, ast.Attribute) and one.attr == "state"]

    assert places((s, n) for s, n in hits if s.room != "lib") == []


def test_only_couriers_import_an_http_client():
    clients = {"http.client", "urllib.request", "http.server"}
    hits = []
    for source, node in _hits(ast.Import, ast.ImportFrom):
        names = {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{name}" for name in names} | {node.module or ""}
        if (
            names & clients
            and "couriers" not in source.path
            and source.room not in {"temoin_sandbox", "temoin_witness"}
        ):
            hits.append(source.path)

    assert sorted(set(hits)) == sorted(HTTP_CLIENTS)


def test_acts_take_named_arguments_and_who_acts():
    faults = []
    for source in sources():
        if source.path.endswith(WITH_ACTS):
            faults += [name for function in source.tree.body if (name := _fault_of(source, function))]

    assert sorted(faults) == sorted(WITHOUT_BY)


def test_every_event_has_a_meaning():
    assert set(MEANING) == set(EventKind)


def test_every_event_is_written_somewhere():
    written = {
        node.attr
        for source, node in _hits(ast.Attribute)
        if isinstance(node.value, ast.Name) and node.value.id == "EventKind" and source.path != "journal/events.py"
    }

    assert {kind.name for kind in EventKind} - written == set()


def _hits(*kinds: type[ast.AST]):
    return [(source, node) for source in sources() for node in source.nodes(*kinds)]


def _fault_of(source: Source, function: ast.stmt) -> str | None:
    if not isinstance(function, ast.FunctionDef) or function.name.startswith("_"):
        return None
    given = function.args
    positional = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    if positional[:1] in (["commit"], ["acts"]):
        return None  # adds to the commit of an act, or to acts written together, and reads as `add_…(commit, …)`
    named = [argument.arg for argument in given.kwonlyargs]
    is_act = not positional and named[:1] == ["by"]
    return None if is_act else f"{source.path}:{function.name}"


# Where a wall clock may be cut to its day, each with its reason; anywhere else it may be another place's day.
DAYS = {
    "lib/zones.py": "the one module that turns instants into days",
    "web/times.py": "a typed wall clock, before it has a zone",
    "delivery/content.py": "a Report's times carry the offset of the pharmacy",
    "surveillance/counts.py": "a Report's times carry the offset of the pharmacy",
    "transmission/rules/rule_set.py": "a Report's times carry the offset of the pharmacy",
    "transmission/rules/reduced.py": "a Report's times carry the offset of the pharmacy",
}
ZONES = {
    "lib/zones.py": "the one module of zones",
    "pharmacies/zones.py": "the zone that a pharmacy's row names",
    "pharmacies/models.py": "the zone that a pharmacy's row names",
}
BESIDE = ("temoin_sandbox/", "temoin_witness/")
ELSEWHERE = ("formats/", "temoin_conformance/", "intake/sameness.py", *BESIDE)


def test_nobody_takes_the_zone_of_the_framework():
    its = {"localtime", "localdate", "make_aware", "make_naive", "get_default_timezone", "get_default_timezone_name"}
    found = [(s, n) for s, n in _hits(ast.Attribute, ast.Name) if getattr(n, "attr", getattr(n, "id", "")) in its]

    assert places(iter(found)) == []


def test_one_function_asks_for_the_zone_of_the_page():
    names = [(s, n) for s, n in _hits(ast.Name) if n.id in {"get_current_timezone", "override"}]

    assert {s.path for s, _ in names} <= {"pharmacies/zones.py", "web/access.py"}


def test_only_pages_and_the_sign_in_ask_for_the_zone_of_the_page():
    asking = {s.path for s, n in _hits(ast.ImportFrom) if "page_zone" in {alias.name for alias in n.names}}

    assert {path for path in asking if not path.startswith("web/")} == {"signin/adapters.py"}


def test_an_instant_becomes_a_day_in_a_named_zone():
    days = [(s, n) for s, n in _hits(ast.Call) if isinstance(n.func, ast.Attribute) and n.func.attr == "date"]

    assert {s.path for s, n in days if not n.args and not s.path.startswith(ELSEWHERE)} <= set(DAYS)


def test_no_time_is_made_with_the_offset_of_another():
    """The offset of one instant is not that of a day a month later: its zone tells (`lib.zones.bounds_of_day`)."""
    made = [(s, n) for s, n in _hits(ast.Call) if ast.unparse(n.func).endswith(("combine", "replace", "datetime"))]
    given = [(s, n) for s, n in made if any(_is_offset(value) for value in (*n.args, *(k.value for k in n.keywords)))]

    assert places(iter(given)) == []


def _is_offset(value: ast.expr) -> bool:
    return isinstance(value, ast.Attribute) and value.attr == "tzinfo"


def test_no_module_makes_a_zone_of_its_own():
    made = [(s, n) for s, n in _hits(ast.Call) if ast.unparse(n.func).endswith("ZoneInfo")]

    assert {s.path for s, _ in made if not s.path.startswith(ELSEWHERE)} <= set(ZONES)


def test_no_day_is_that_of_utc():
    """Not in the tests either: from 23:00 UTC to midnight it is tomorrow in Paris, and they are red for that hour."""
    asked = "now()" + ".date()"
    folders = [Path(__file__).parents[2] / name for name in ("src", "tests", "drill", "bench")]
    found = [path for folder in folders for path in folder.rglob("*.py") if asked in path.read_text("utf-8")]

    assert found == []


def test_no_clock_is_moved_to_the_zone_of_the_machine():
    moved = [(s, n) for s, n in _hits(ast.Call) if isinstance(n.func, ast.Attribute) and n.func.attr == "astimezone"]

    assert places((s, n) for s, n in moved if not n.args and not s.path.startswith(BESIDE)) == []


def test_no_two_files_of_tests_have_one_name():
    """One process that collects both takes the second for the first, and runs none of it."""
    names = Counter(
        path.name for path in Path(__file__).parents[1].rglob("test_*.py") if "node_modules" not in path.parts
    )

    assert [name for name, count in names.items() if count > 1] == []


# Addresses that the settings hold, which were judged when they were read.
OWN_ADDRESSES = {
    *("journal/couriers/http.py", "delivery/channels/email/courier.py", "delivery/channels/email/notices.py"),
    *("cli/first_settings.py", "cli/certificates.py", "lib/section.py", "site/settings.py", "temoin_demo/processes.py"),
    *("crypto/roots/transit.py", "temoin_client/tokens.py", "officers/passkeys.py"),
}


def test_an_address_that_somebody_else_wrote_may_be_none():
    hits = []
    for source in sources():
        guarded = {
            id(call)
            for node in source.nodes(ast.Try)
            if any("ValueError" in ast.dump(handler.type or handler) for handler in node.handlers)
            for one in node.body
            for call in ast.walk(one)
        }
        calls = [one for one in source.nodes(ast.Call) if getattr(one.func, "id", "") in {"urlsplit", "urljoin"}]
        hits += [(source, one) for one in calls if id(one) not in guarded and source.path not in OWN_ADDRESSES]

    assert places(iter(hits)) == []


def test_no_command_that_is_told_holds_a_path_as_it_stands():
    told = re.compile(r"(chmod [0-9a-z=+-]+|--data|--key) \{(?!quote|shlex|data\}|key\}|pack)")

    assert [name for name, path in files("*.py") if told.search(path.read_text("utf-8"))] == []
