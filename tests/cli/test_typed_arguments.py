"""Every text that a command takes is known, and what nobody can read is refused before any room sees it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from temoin.cli.main import FILES, build_parser, main
from temoin_sandbox.main import _parser as sandbox_parser
from temoin_witness.main import build_parser as witness_parser

KEPT = {
    "officer invite name",
    *(f"retention {command} --reason" for command in ("hold", "lift")),
    *(f"pharmacy open --{name}" for name in ("finess", "name", "street", "postcode", "city", "phone", "time-zone")),
    "pharmacy clock time_zone",
    *(f"member invite --{name}" for name in ("given-name", "family-name", "email", "profession", "rpps")),
    *(f"pharmacy open --owner-{name}" for name in ("given-name", "family-name", "email", "rpps")),
}
# Of a site's own settings, which refuse them as they refuse a file that was typed by hand.
SET_UP = {
    *(f"init --{name}" for name in ("staff-url", "portal-url", "database", "superuser", "operator", "host-name")),
    *("init --hds-certificate", *(f"init --mail-{name}" for name in ("host", "sender", "security", "user"))),
}
LOOKED_FOR = {
    *(f"{command} finess" for command in ("pharmacy clock", "pharmacy close", "pharmacy reopen")),
    *(f"member {command} finess" for command in ("invite", "list", "suspend", "resume", "recover")),
    *("breach persons --pharmacy", "breach persons --by", "breach count --pharmacy"),
    *(f"import {what} --{name}" for what in ("results", "patients") for name in ("pharmacy", "by")),
    *("demo-code email", "keys drop-root root_id"),
    *(
        "keys rotate-data --pharmacy",
        "keys backup --recipient",
        "journal verify --witness",
        "web --host",
        "portal --host",
        "authority --host",
    ),
    *("breach letters --pharmacy", "breach letters --by", "breach notice --pharmacy"),
    *(
        f"breach {command} --{bound}"
        for command in ("count", "persons", "letters", "notice")
        for bound in ("since", "until")
    ),
    *(f"retention {command} --{name}" for command in ("hold", "lift", "holds") for name in ("pharmacy", "by")),
    *(f"leaving {command} --pharmacy" for command in ("export", "end", "certificate")),
    *(
        f"leaving {command} --{name}"
        for command, name in (("export", "by"), ("export", "to"), ("end", "by"), ("end", "file"))
    ),
    *(f"backup {command} --stanza" for command in ("settings", "verify", "copy")),
    *("journal resume --state", "evidence --keeper-told"),
    *("lanes --close", "lanes --looked", "reconcile destination", "conformance address"),
}


def texts(parser: argparse.ArgumentParser, name: str = "") -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, below in action.choices.items():
                yield from texts(below, f"{name} {word}".strip())
        elif action.type is None and action.choices is None and action.nargs != 0 and action.dest not in FILES:
            yield f"{name} {action.option_strings[0] if action.option_strings else action.dest}"


def options(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from options(below)
        else:
            yield action


def takes(action: argparse.Action, text: str) -> bool:
    try:
        action.type(text)
    except (ValueError, argparse.ArgumentTypeError):
        return False
    return True


def test_no_number_of_any_command_is_absurd():
    parsers = [build_parser(), sandbox_parser(), witness_parser()]
    typed = [action for parser in parsers for action in options(parser) if action.type is not None]
    numbers = [action for action in typed if takes(action, "20") and not takes(action, "x")]

    absurd = ("-1", "-0.5", "nan", "inf", "1e309", "9" * 5000, "99999999999", "\u0662\u0660", "2_0", " 20", "")
    assert len(numbers) >= 15
    assert [(one.option_strings, text) for one in numbers for text in absurd if takes(one, text)] == []


def test_no_day_of_any_command_is_absurd():
    typed = [action for action in options(build_parser()) if action.type is not None]
    days = [one for one in typed if takes(one, "2026-11-24") and not takes(one, "x") and not takes(one, "20")]
    moments = [one for one in typed if takes(one, "2026-11-24T10:00+01:00") and not takes(one, "x")]

    absurd = ("0001-01-01", "9999-12-31", "2026-02-30", "20261124", "2026-W48-1", " 2026-11-24", "")
    assert (len(days), len(moments)) == (4, 1)
    assert [(one.option_strings, text) for one in days for text in absurd if takes(one, text)] == []
    assert [text for one in moments for text in (*absurd, "0001-01-01T00:00+14:00") if takes(one, text)] == []


def test_each_text_of_each_command_is_known():
    assert set(texts(build_parser())) == KEPT | SET_UP | LOOKED_FOR


@pytest.mark.parametrize("sign", ["\udce9", "\x1b", "\u00c3\u00a9"])
def test_what_nobody_can_read_reaches_no_room(sign, capsys):
    words = {"name": f"Pharmacie {sign}", "street": "1 rue", "postcode": "75001", "city": "Paris"}

    with pytest.raises(SystemExit) as stop:
        main(["pharmacy", "open", "--finess", "750712184", *(f"--{name}={text}" for name, text in words.items())])

    assert stop.value.code == 2
    assert "name holds signs that nobody can read" in capsys.readouterr().err
