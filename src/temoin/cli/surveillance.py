"""`temoin surveillance`: counts without persons: a recount of them from the records, and the open data made of them."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Mapping
from pathlib import Path

from temoin.cli.commands import Commands
from temoin.cli.console import complain, say
from temoin.cli.django_process import settings_of_process
from temoin.cli.operating import DONE, operate
from temoin.settings.file import Process

DIFFER, LOST, ODD = 1, 1, 1
LICENCES = ("etalab-2.0", "ODbL-1.0", "CC-BY-4.0")  # those of `surveillance.dataset`, which asks for Django


def add_commands(commands: Commands) -> None:
    words = "counts of what was found, without persons"
    noun = commands.add_parser("surveillance", help=words, description=words.capitalize() + ".")
    verbs = noun.add_subparsers(metavar="VERB", required=True)
    words = "count from the records again, name each difference from the counts kept, and mend it"
    recount = verbs.add_parser("recount", help=words, description=words.capitalize() + ".")
    recount.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    # The worker's role: no other reads or writes counts.
    recount.set_defaults(run=lambda options: operate(options, _recount, Process.WORKER))
    words = "publish what is due, and write all that was published into a folder: open data, and pages of it"
    export = verbs.add_parser("export", help=words, description=words.capitalize() + ".")
    export.add_argument("folder", type=Path, metavar="FOLDER", help="new, or of an export before: its rows stay in it")
    export.add_argument("--licence", choices=sorted(LICENCES), default="", help="under which the data are open")
    export.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    export.set_defaults(run=lambda options: operate(options, _export, Process.WORKER))
    words = "tell from published figures who sent nothing, and which lots stand out"
    quality = verbs.add_parser("quality", help=words, description=words.capitalize() + ".")
    quality.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    quality.set_defaults(run=lambda options: operate(options, _quality, Process.WORKER))


def _recount(_options: argparse.Namespace) -> int:
    """Bring the counts up to date, then compare: what differs was not counted from the records as they stand."""
    from temoin.pharmacies.models import Pharmacy
    from temoin.surveillance.counting import count_pharmacy, forget_days, recount_pharmacy

    count = differing = 0
    for pharmacy in Pharmacy.real.order_by("finess"):
        found = recount_pharmacy(pharmacy)
        if found is None:
            complain(f"{pharmacy.finess}: results are signed faster than they are compared; run it again later")
            return DIFFER
        for one in found:
            complain(f"{pharmacy.finess} {one.day}: {one.cells} cells differ from the records; counted anew")
        if found:
            forget_days(pharmacy, [one.day for one in found])
            count_pharmacy(pharmacy)
        count, differing = count + 1, differing + len(found)
    say(f"{count} pharmacies counted again from their records: {differing} days differed.")
    return DIFFER if differing else DONE


def _export(options: argparse.Namespace) -> int:
    """Write the data and the pages; nothing at all where rows that were handed out before would be missing."""
    from temoin.surveillance.dataset import About, files_of
    from temoin.surveillance.exporting import alone_in, history_lost, publications, write_folder
    from temoin.surveillance.pages import page_files
    from temoin.surveillance.releasing import publish_due
    from temoin.surveillance.rounds import count_whole

    site = settings_of_process().site
    uncounted = count_whole(threading.Event())
    published = publish_due(is_demo=site.demo, uncounted=uncounted)
    with alone_in(options.folder):
        found, about = publications(), About(site.portal_url, options.licence, site.demo)
        files = files_of(found, about)
        if lost := history_lost(options.folder, files):
            return _complain_of_lost(lost)
        write_folder(options.folder, {**page_files(found, about), **files})
    if published.missing:
        complain(
            f"{len(published.missing)} pharmacies could not be counted: what is due waits for them; see temoin lanes."
        )
    say(f"{published.publications} publications left; {len(found)} in all are in {options.folder}, with their pages.")
    return DONE


def _complain_of_lost(lost: Mapping[str, int]) -> int:
    for name, rows in lost.items():
        complain(f"{name}.csv: {rows} rows of the folder are not among what was published here")
    complain("Nothing was written: what was handed out is not rewritten. Is it another site's, or an older backup?")
    return LOST


def _quality(_options: argparse.Namespace) -> int:
    """Say it in lines; a lot that stands out is a reason to look, and status 1."""
    from temoin.surveillance.exporting import publications
    from temoin.surveillance.quality import LotStanding, lot_qualities, sender_days

    found = publications()
    for day in sender_days(found)[:1]:
        usual = "" if day.usual is None else f" (on that weekday of four weeks: {day.usual:.0f})"
        say(f"{day.day}: {day.sent} pharmacies signed something, {day.silent} nothing{usual}.")
    odd = [one for one in lot_qualities(found) if one.standing in {LotStanding.ABOVE, LotStanding.BELOW}]
    for one in odd:
        complain(
            f"lot {one.reference} {one.lot}, {one.target}: {one.rate.low} to {one.rate.high} % positive, "
            f"{one.standing} the median lot of its kit"
        )
    say(f"{len(odd)} lots stand out.")
    return ODD if odd else DONE
