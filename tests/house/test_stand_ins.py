"""Tests stand in for no code of ours: what fails in them fails really. Clocks, limits and starts may be set."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
# What a test may set beside limits, which are written in capitals: what a process is given at its start, and time.
MAY_BE_SET = {
    "temoin.cli.imports.become",
    "temoin.cli.keys_work._wait",
    "temoin.cli.keys_work.time.sleep",
    "temoin.cli.main.forget_output",
    "temoin.cli.operating.become",
    "temoin.cli.operating.database_running",
    "temoin.cli.reconcile.become",
    "temoin.cli.signer.choose_signer",
    "temoin.crypto.ring._drawn",
    "temoin.crypto.ring.time.monotonic",
    "temoin.intake.turns._turns",
    "temoin.intake.turns.start_behind",
    "temoin.keeping.turning.time.sleep",
    "temoin.lib.away.time.monotonic",
    "temoin.outbox.courier._couriers",
    "temoin.outbox.duties._duties",
    "temoin.outbox.open_channels._channels",
    "temoin.site.static_files.ManifestFiles.get_static_file",
    "temoin.testing.numbers.all_numbers",
    "temoin.transmission.channels.__path__",
    "temoin.transmission.channels.fhir.tokens._time",
}
# Stand-ins from before this rule: each goes when its test is given a real failure (`stick` of conftest.py is one).
YET = {
    ("api/test_api_access.py", "temoin.api.views.pharmacy_of"),
    ("api/test_fhir_read_back.py", "temoin.api.fhir_reads.served_result"),
    ("catalogue/test_controls.py", "temoin.catalogue.usable.load_controls"),
    ("catalogue/test_lots.py", "temoin.catalogue.kits.load_kits"),
    ("cli/test_backup_planted.py", "temoin.cli.backup.serving_account"),
    ("cli/test_check_folders.py", "temoin.transmission.channels.sftp.look.looked"),
    ("cli/test_how_commands_end.py", "temoin.cli.main._run"),
    ("delivery/test_email_courier.py", "temoin.patients.traits.check_address"),
    ("delivery/test_ticket_codes.py", "temoin.delivery.ticket_codes._over"),
    ("formats/test_pdf.py", "temoin.formats.pdf.page.all_written"),
    ("intake/test_file_terms.py", "temoin.intake.terms._terms"),
    ("intake/test_handing.py", "temoin.intake.handing.import_results"),
    ("intake/test_import_rows.py", "temoin.intake.runs.sign_from_file"),
    ("journal/test_end_certificate.py", "temoin.oversight.end_certificate.witnessed_checkpoint"),
    ("journal/test_end_certificate.py", "temoin.retention.leaving._grant"),
    ("keeping/test_turning.py", "temoin.keeping.turning.locked_rows"),
    ("keeping/test_turning.py", "temoin.keeping.turning.remember_destroyed"),
    ("oversight/test_persons_concerned.py", "temoin.crypto.ring._unwrapped"),
    ("transmission/test_reconcile.py", "temoin.transmission.models.Difference.__init__"),
    ("transmission/test_sftp_answers.py", "temoin.transmission.channels.sftp.folders._connect"),
    ("web/test_access.py", "temoin.web.views.counter.counter_lists"),
    ("web/test_journal_pages.py", "temoin.web.access.record_denial"),
}


def test_no_test_stands_in_for_code_of_ours():
    found = {
        (str(path.relative_to(TESTS)), target)
        for path in TESTS.rglob("*.py")
        for target in set_in(ast.parse(path.read_text(encoding="utf-8")))
    }

    assert {one for one in found if one[1] not in MAY_BE_SET} == YET
    assert {target for _path, target in found} >= MAY_BE_SET


def set_in(tree: ast.Module) -> set[str]:
    """Return what of ours a module sets, by its whole name; limits left out."""
    nodes = list(ast.walk(tree))
    names = {
        alias.asname or alias.name: f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
        for node in nodes
        if isinstance(node, (ast.ImportFrom, ast.Import))
        for alias in node.names
    }
    targets = {
        target_of(node.args, names)
        for node in nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"setattr", "patch"}
    }
    ours = {one for one in targets if one.startswith("temoin.")}
    return {one for one in ours if not one.rpartition(".")[2].lstrip("_").isupper()}


def target_of(told: list[ast.expr], names: dict[str, str]) -> str:
    """Return what a call sets: told as one text, or as a thing and the name in it."""
    if not told:
        return ""
    if isinstance(told[0], ast.Constant):
        return str(told[0].value)
    first, _, rest = ast.unparse(told[0]).partition(".")
    if len(told) < 2 or not isinstance(told[1], ast.Constant):
        return ""
    return ".".join(filter(None, [names.get(first, first), rest, str(told[1].value)]))
