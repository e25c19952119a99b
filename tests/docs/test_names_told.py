"""What the pages write as code is a name of the product: events, options, measures, codes, settings, modules."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from shown_blocks import PAGES, ROOT

from temoin.journal.events import EventKind
from temoin.webhooks.states import ToldKind

# Decisions and the history tell of what was, too, and developers are told of the helpers of tests.
TODAY = [
    page for page in PAGES if page.name not in {"CHANGELOG.md", "CONTRIBUTING.md"} and page.parent.name != "decisions"
]
WORD = re.compile(r"`([a-z]+(?:_[a-z]+)+)`|\b(temoin_[a-z_]+)\b")
OPTION = re.compile(r"`(--[a-z]+(?:-[a-z]+)*)")
MODULE = re.compile(r"`((?:[a-z_0-9]+/)+[a-z_0-9]+\.(?:py|toml|sql|html|js|css))`")
EVENT = re.compile(r"`([a-z_]+\.[a-z_]+)`")
FOREIGN = {"ssl_client_certificate"}  # of nginx
FOREIGN_ROWS = re.compile(r"pg_[a-z_]+|[a-z_]+_pkey")  # of PostgreSQL
MADE_IN_PARTS = {"--owner-email", "too_slow"}
SECTIONS = {"keys", "journal"}  # of the settings, which have the same form
NO_EVENTS = {".py", ".css", ".json", ".pem"}
OF_AN_EXAMPLE = {"test.etag"}  # variables of Python


ENDINGS = {".py", ".toml", ".sql", ".js", ".html", ".css", ".service", ".yaml", ".conf"}
FOLDERS = ("src", "packages", "drill", "tools", "fuzz", "bench", "packaging", "tests", "examples", "docs")


@cache
def files() -> list[Path]:
    return [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.*") if path.suffix in ENDINGS]


@cache
def source() -> str:
    """All of the product and of the programs beside it, which name each thing once at least."""
    return "".join(
        path.read_text("utf-8") for path in files() if path.relative_to(ROOT).parts[0] not in {"tests", "docs"}
    )


def named(pattern: re.Pattern[str]) -> set[tuple[str, str]]:
    """Each name, with its page."""
    return {
        (page.name, next(filter(None, found.groups())))
        for page in TODAY
        for found in pattern.finditer(page.read_text(encoding="utf-8"))
    }


def test_every_word_and_option_is_one_of_the_source():
    words = {
        (page, word)
        for page, word in named(WORD)
        if word not in FOREIGN | MADE_IN_PARTS and not FOREIGN_ROWS.fullmatch(word)
    }
    options = {(page, option) for page, option in named(OPTION) if option not in MADE_IN_PARTS}

    assert len(words) > 300
    assert len(options) > 40
    assert sorted((page, name) for page, name in words | options if name not in source()) == []


def test_every_module_is_there_as_far_as_it_is_written():
    known = [f"/{path.relative_to(ROOT).as_posix()}" for path in files()]
    modules = named(MODULE)

    assert len(modules) > 40
    assert sorted((page, name) for page, name in modules if not any(each.endswith(f"/{name}") for each in known)) == []


def test_every_event_is_one_that_there_is():
    kinds = {kind.value for kind in EventKind}
    known = kinds | {kind.value for kind in ToldKind} | OF_AN_EXAMPLE
    rooms = {kind.partition(".")[0] for kind in kinds}
    events = {(page, name) for page, name in named(EVENT) if name.partition(".")[0] in rooms - SECTIONS}
    events = {(page, name) for page, name in events if Path(name).suffix not in NO_EVENTS}

    assert len(events) > 30
    assert sorted((page, name) for page, name in events if name not in known) == []
