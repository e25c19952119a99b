"""Every function that is told who acts (`by`) checks a right, itself or through a function that it always calls.

Read from the syntax trees, not from the names of files: a new module, or an action in an old one, is held at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from source_code import Source, sources

# What raises when the right is lacking: everything else checks by calling one of these.
CHECKS = {f"temoin.pharmacies.policies.{name}" for name in ("check_right", "check_operator", "check_may_seat")}
CHECKS.add("temoin.officers.policies.check_officer")
TOLD = "tells the journal what its caller did, and decides nothing"
OWN = "asks how much whoever asks has read: about oneself"
VALUE = "writes into a value who signs it: the act that calls it has checked"
WORKER = "the worker acts, or a reconciliation: no person, hence no right"
UNCHECKED = {
    "temoin.journal.act.act": TOLD,
    "temoin.journal.act._event": TOLD,
    "temoin.journal.act.ask_and_record": TOLD,
    "temoin.journal.act.acts_together": TOLD,
    "temoin.journal.act.denials_recorded": TOLD,
    "temoin.journal.act.record_denial": TOLD,
    "temoin.journal.act.record_look": TOLD,
    "temoin.journal.act.record_looks": TOLD,
    "temoin.journal.alerts.raise_alert": TOLD,
    "temoin.journal.alerts.tell_broken_seal": TOLD,
    "temoin.journal.listings.record_listing": TOLD,
    "temoin.oversight.reading.patients_seen": OWN,
    "temoin.oversight.reading.reads_much": OWN,
    "temoin.pharmacies.refused_calls.note_denied_call": TOLD,
    "temoin.pharmacies.seat.colleague": "a question within the act that resets a colleague, which has checked",
    "temoin.intake.patients._queue_for_patients": "a lock within an import, whose start has checked",
    "temoin.intake.messages.rows_of_bundle": "reads what was sent, before anything of the pharmacy is",
    "temoin.intake.messages.rows_of_message": "reads what was sent, before anything of the pharmacy is",
    "temoin.intake.messages.orders_of_message": "reads what was sent, before anything of the pharmacy is",
    "temoin.intake.ordering.take_orders": "checks each right of a list",
    "temoin.intake.proposing.check_may_propose": "checks each right of a list",
    "temoin.intake.proposing.propose_rows": "checks each right of a list",
    "temoin.intake.resent.wait_for_others": "waits, and reads and writes nothing",
    "temoin.intake.runs.versions_of": "a look within an import, whose start has checked; the look is an event",
    "temoin.testing.build.cancelled_report": VALUE,
    "temoin.testing.build.first_report": VALUE,
    "temoin.testing.build.signer": VALUE,
    "temoin.testing.signing.write_version": "a step of a signature or of an import, whose start has checked",
    "temoin.certificates.revoking.revoke_certificate": WORKER,
    "temoin.testing.queries.ask_versions": WORKER,
    "temoin.testing.queries.report_for_courier": WORKER,
    "temoin.testing.queries.versions_for_courier": WORKER,
    "temoin.transmission.mending.mend_day": WORKER,
    "temoin.transmission.mending.resend_missing": WORKER,
    "temoin.transmission.mending.settle_proved": WORKER,
}


@dataclass(frozen=True)
class Function:
    """A function of a module, with its whole name."""

    name: str
    module: str
    node: ast.FunctionDef

    @property
    def is_private(self) -> bool:
        return self.node.name.startswith("_")


def test_every_function_that_is_told_who_acts_checks_a_right():
    told = {name for name, function in _functions().items() if _takes_by(function) and not _is_policy(function)}

    unchecked = {name for name in told if not _checks(name) and not _is_called_by_checked_ones(name)}

    assert unchecked == set(UNCHECKED)


def test_the_rule_reads_what_always_happens_and_no_more():
    def checks(body: str) -> bool:
        source = Source("x.py", ast.parse(f"from temoin.pharmacies.policies import check_right\ndef f(by):\n{body}"))
        (function,) = _functions_of(source)
        return any(called in CHECKS for called in _called(function))

    assert checks(" check_right(by=by, right=1)")
    assert checks(" with act(by=by):\n  check_right(by=by, right=1)")
    assert not checks(" if by:\n  check_right(by=by, right=1)")
    assert not checks(" return lambda: check_right(by=by, right=1)")
    assert not checks(" check_right(by=other, right=1)")
    assert not checks(" return by and check_right(by=by, right=1)")


def _takes_by(function: Function) -> bool:
    arguments = function.node.args
    return any(one.arg == "by" for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))


def _is_policy(function: Function) -> bool:
    return function.module == "temoin.pharmacies.policies"


@cache
def _functions() -> dict[str, Function]:
    return {function.name: function for source in sources() for function in _functions_of(source)}


def _functions_of(source: Source) -> Iterator[Function]:
    module = "temoin." + source.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    for node in source.tree.body:
        if isinstance(node, ast.FunctionDef):
            yield Function(f"{module}.{node.name}", module, node)
        for inner in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(inner, ast.FunctionDef) and inner.name != "__init__":  # a method that does something
                yield Function(f"{module}.{node.name}.{inner.name}", module, inner)  # type: ignore[union-attr]
    _names.setdefault(module, {}).update(_imported(source.tree))


_names: dict[str, dict[str, str]] = {}  # what a name means in a module, by its imports


def _imported(tree: ast.Module) -> dict[str, str]:
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in froms for alias in node.names}


@cache
def _checks(name: str) -> bool:
    """Tell whether a function always checks a right of whom it is told; a circle of calls checks nothing."""
    if name in CHECKS:
        return True
    function = _functions().get(name)
    return function is not None and any(_checks(called) for called in _called(function) if called != name)


def _called(function: Function) -> set[str]:
    """Return the functions that a function always calls with its own `by`."""
    calls = [call for statement in function.node.body for call in _always(statement)]
    return {_whole_name(function.module, call.func) for call in calls if _hands_on(call)}


def _whole_name(module: str, called: ast.expr) -> str:
    name = ast.unparse(called)
    return _names.get(module, {}).get(name, f"{module}.{name}")


def _hands_on(call: ast.Call) -> bool:
    given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "by")]
    return any(isinstance(one, ast.Name) and one.id == "by" for one in given)


def _always(statement: ast.stmt) -> Iterator[ast.Call]:
    """Yield the calls of a statement that no condition can leave out."""
    if isinstance(statement, ast.With):
        for item in statement.items:
            yield from _calls(item.context_expr)
    if isinstance(statement, ast.With | ast.Try):
        for inner in statement.body:
            yield from _always(inner)
    if isinstance(statement, ast.If):
        yield from _calls(statement.test)
    if isinstance(statement, ast.For):
        yield from _calls(statement.iter)
    if isinstance(statement, ast.Expr | ast.Return | ast.Assign | ast.AnnAssign | ast.AugAssign) and statement.value:
        yield from _calls(statement.value)


def _calls(expression: ast.expr) -> Iterator[ast.Call]:
    if isinstance(expression, ast.Lambda | ast.IfExp | ast.BoolOp | ast.ListComp | ast.GeneratorExp | ast.DictComp):
        return
    if isinstance(expression, ast.Call):
        yield expression
    for child in ast.iter_child_nodes(expression):
        yield from _calls(child)  # type: ignore[arg-type]


def _is_called_by_checked_ones(name: str) -> bool:
    """Tell whether a private function is reached only through functions that check, or are reached so themselves."""
    function = _functions()[name]
    callers = [one for one in _functions().values() if one.module == function.module and _names_it(one, name)]
    others = {one.name for one in callers} - {name}
    return function.is_private and bool(others) and all(_is_safe(one) for one in others)


def _is_safe(name: str) -> bool:
    return _checks(name) or name in UNCHECKED or (_functions()[name].is_private and _is_called_by_checked_ones(name))


def _names_it(caller: Function, name: str) -> bool:
    calls = (node for node in ast.walk(caller.node) if isinstance(node, ast.Call))
    return any(_whole_name(caller.module, call.func) == name for call in calls)
