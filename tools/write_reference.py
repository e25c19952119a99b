"""Writes the reference pages that are made from the code: `python tools/write_reference.py [--check]`."""
# ruff: noqa: INP001 a script, not a package

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "temoin.config.settings")

import django
from django.apps import apps

if not apps.ready:
    django.setup()

from temoin.journal.events import MEANING, EventKind
from temoin.lib import lifecycle

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
MADE = "<!-- Made by tools/write_reference.py from the code: change the code, then run it. -->"


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or tell with --check which ones are out of date."""
    parser = argparse.ArgumentParser(description="Write the reference pages made from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is out of date")
    options = parser.parse_args(arguments)
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if options.check:
            sys.stdout.write(f"{path.name} is out of date: run python tools/write_reference.py\n")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages()[path], encoding="utf-8")
    return 1 if options.check and stale else 0


def pages() -> dict[Path, str]:
    """Return the text of each page."""
    return {FOLDER / "events.md": events_page(), FOLDER / "states.md": states_page()}


def events_page() -> str:
    """Return the table of every event the journal knows."""
    lines = [
        MADE,
        "# Events of the journal",
        "",
        "Each act, and each look at a patient's data, writes one event: identifiers, never a name or a result.",
        "",
        "| event | meaning |",
        "|---|---|",
    ]
    lines += [f"| `{kind.value}` | {MEANING[kind]} |" for kind in sorted(EventKind)]
    return "\n".join(lines) + "\n"


def states_page() -> str:
    """Return a drawing of every state table."""
    lines = [MADE, "# States", "", "Nothing changes its state but by a verb of its table; the verbs are on the arrows."]
    for table in sorted(lifecycle.ALL, key=lambda table: table.noun):
        lines += ["", f"## {table.noun.capitalize()}", "", "```mermaid", table.mermaid(), "```"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
