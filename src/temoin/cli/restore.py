"""`temoin restore report`: after a restore, who may have lost what, as a work list; by key, never by patient.

Each pharmacy finds what concerns it on its page of transmissions.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temoin.cli.commands import Commands
from temoin.cli.console import complain, say
from temoin.cli.numbers import moment
from temoin.cli.operating import operate
from temoin.lib.config_error import ConfigError
from temoin.settings.file import Process

if TYPE_CHECKING:
    from temoin.journal.restored import RestoreLoss
    from temoin.oversight.restores import RestoreReport
    from temoin.transmission.after_restore import AskedDestination, LostResult

NOTHING, SOMEBODY_MUST_LOOK, CANNOT = 0, 1, 2
SHOWN = 200  # references written out; the counts are always whole


def add_commands(commands: Commands) -> None:
    verbs = commands.add_parser("restore", help="after a restore: who may have lost what").add_subparsers(
        metavar="WHAT", required=True
    )
    words = "say what receivers hold that is lost here and what may leave twice, and put it on pharmacies' work lists"
    report = verbs.add_parser("report", help=words, description=f"{words.capitalize()}.")
    report.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    words = "when all was surely there, where the journal does not tell it: 2026-11-29T14:00+01:00"
    report.add_argument("--since", type=moment, metavar="MOMENT", help=words)
    report.add_argument("--json", action="store_true", help="one object instead of lines")
    # The worker's role: no other sees the parcels of all pharmacies.
    report.set_defaults(run=lambda options: operate(options, run_report, Process.WORKER))


def run_report(options: argparse.Namespace) -> int:
    """Report, and tell the pharmacies; nobody is told half of it."""
    from temoin.oversight.restores import report_restore, tell_pharmacy
    from temoin.pharmacies.operator import Operator

    loss = _loss(options.since)
    if loss is None:
        words = "The journal tells of no restore. Where there was one, say since when:"
        say(json.dumps({"since": None}) if options.json else f"{words} temoin restore report --since MOMENT")
        return NOTHING
    report = report_restore(loss)
    if report.is_whole:
        for pharmacy_id in report.finess:
            tell_pharmacy(by=Operator(pharmacy_id), report=report)
    if options.json:
        say(json.dumps(_as_json(report)))
    else:
        _tell(report)
    if not report.is_whole:
        again = f"temoin restore report --since {loss.since.astimezone(UTC).isoformat(timespec='seconds')}"
        complain(f"Not every receiver answered wholly: the pharmacies are told nothing yet. Run it again: {again}")
        return CANNOT
    return SOMEBODY_MUST_LOOK


def _loss(since: datetime | None) -> RestoreLoss | None:
    from temoin.journal.restored import RestoreLoss, last_loss
    from temoin.lib.clock import now
    from temoin.transmission.reconcile import pharmacies

    if since is None:
        return last_loss(pharmacies())
    if since > now():
        raise ConfigError("This moment is still to come: nothing can be lost since then.")
    return RestoreLoss(since, now())


def _tell(report: RestoreReport) -> None:
    loss = report.loss
    say(f"What was recorded between {_utc(loss.since)} and {_utc(loss.until)} may be lost.")
    if loss.events is None:
        say("Of events lost in it the journal states none: they were not sealed.")
    else:
        lost = loss.events
        say(f"Events lost and stated: {lost.count}, of the places {lost.start} to {lost.end - 1} of the journal.")
    for one in report.asked:
        say(_line(one))
    for name, count in sorted(_again(report).items()):
        say(f"{name}: {count} may leave a second time; {_meaning(name, report.asked)}")
    for pharmacy in filter(_has_more, _pharmacies(report)):
        say(
            "{finess}: {held} results with a receiver and not here; a second message may reach {patients} patients "
            "and {doctors} doctors".format(**pharmacy)
        )
    _tell_references(report)
    if report.is_whole:
        say("Each pharmacy finds what it must do on its page Transmissions, until somebody there has looked into it.")


def _tell_references(report: RestoreReport) -> None:
    for each in report.lost[:SHOWN]:
        at = "at no moment told" if each.received_at is None else _utc(each.received_at)
        say(f"  {each.key}  {each.destination}, {at}, {_finess(report, each) or 'of no pharmacy told'}")


def _finess(report: RestoreReport, lost: LostResult) -> str | None:
    return None if lost.pharmacy_id is None else report.finess.get(lost.pharmacy_id)


_ANSWERS = {
    "whole": "{count} results there that are not here",
    "not_askable": "cannot be asked what it holds: what it got since then is unknown here, ask its operator",
    "broken_off": "did not answer wholly: what is missing from its answer proves nothing",
}


def _line(one: AskedDestination) -> str:
    return f"{one.name}: {_ANSWERS[one.ending].format(count=len(one.lost))}"


def _meaning(name: str, asked: list[AskedDestination]) -> str:
    from temoin.outbox.channel import Audience
    from temoin.outbox.open_channels import names_of

    if name in names_of(Audience.PATIENT):
        return "a patient may get a second message, and only its link opens"
    if name in {one.name for one in asked if one.ending != "not_askable"}:
        return "with the same key, so that there is no second copy"
    return "its reader may get it twice, under the same key"


def _again(report: RestoreReport) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_, name), count in report.again.items():
        found[name] = found.get(name, 0) + count
    return found


def _pharmacies(report: RestoreReport) -> list[dict[str, Any]]:
    from temoin.outbox.channel import Audience

    rows = []
    for pharmacy_id, finess in report.finess.items():
        again = report.again_of(pharmacy_id)
        held = len(report.lost_of(pharmacy_id))
        patients, doctors = again[Audience.PATIENT], again[Audience.DOCTOR]
        rows.append({"finess": finess, "held": held, "patients": patients, "doctors": doctors})
    return rows


def _has_more(pharmacy: dict[str, Any]) -> bool:
    """Tell whether a pharmacy is concerned by more than the time of the loss."""
    return bool(pharmacy["held"] or pharmacy["patients"] or pharmacy["doctors"])


def _as_json(report: RestoreReport) -> dict[str, Any]:
    loss, lost = report.loss, report.loss.events
    return {
        "since": loss.since.isoformat(),
        "until": loss.until.isoformat(),
        "events": None if lost is None else {"from": lost.start, "to": lost.end, "lost": lost.count},
        "whole": report.is_whole,
        "destinations": {one.name: {"answer": one.ending.value, "held": len(one.lost)} for one in report.asked},
        "again": _again(report),
        "pharmacies": _pharmacies(report),
        "results": [
            {
                "key": each.key,
                "destination": each.destination,
                "received_at": each.received_at and each.received_at.isoformat(),
                "finess": _finess(report, each),
            }
            for each in report.lost
        ],
    }


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
