"""The menu of the documentation: every page is in it once, and each page has one title of its own."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ENTRY = re.compile(r"^ +- (?:(?P<title>.+): )?(?P<page>\S+\.md)$", re.MULTILINE)
MENU = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
RECORD = re.compile(r"decisions/(?P<number>[0-9]{4})-[a-z0-9-]+\.md")


def titles() -> dict[str, str]:
    """The one title of each page, read outside its blocks of code."""
    read = {}
    for path in DOCS.rglob("*.md"):
        text = re.sub(r"^ *```.*?^ *```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        (read[path.relative_to(DOCS).as_posix()],) = re.findall(r"^# (.+)$", text, re.MULTILINE)
    return read


def test_every_page_is_in_the_menu_once_and_every_entry_leads_to_a_page():
    entries = [entry["page"] for entry in ENTRY.finditer(MENU)]

    assert sorted(entries) == sorted(titles())
    assert len(entries) == MENU.count(".md")


def test_no_two_pages_have_one_title_in_the_menu_or_above_their_text():
    told = [entry["title"] for entry in ENTRY.finditer(MENU) if entry["title"]]
    above = list(titles().values())

    assert len(set(told)) == len(told)
    assert len(set(above)) == len(above)


def test_a_record_is_called_by_its_number_and_one_title_in_its_file_and_in_the_menu():
    told = {entry["page"]: (entry["title"] or "").strip('"') for entry in ENTRY.finditer(MENU)}
    records = {page: (match["number"], title) for page, title in titles().items() if (match := RECORD.fullmatch(page))}

    assert len(records) > 100
    assert {page: title for page, (_, title) in records.items()} == {page: told[page] for page in records}
    assert [page for page, (number, title) in records.items() if not re.match(f"{number} [A-Z]", title)] == []
