"""The French of every sentence: complete, and compiled from what is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.utils.translation import override
from django.utils.translation.template import templatize

import temoin
from temoin.catalogue.kinds import load_kinds
from temoin.lib.clock import now
from temoin.testing.sample import Reading
from temoin.web import wording
from temoin.web.findings import findings_to_sign

ROOT = Path(temoin.__file__).parent
FOLDER = ROOT / "web" / "locale" / "fr" / "LC_MESSAGES"
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
HOLDER = re.compile(r"%\((\w+)\)[sd]")


@pytest.fixture(scope="module")
def written() -> Catalog:
    with (FOLDER / "django.po").open("rb") as file:
        return read_po(file, locale="fr")


def said_in_code() -> Iterator[str]:
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS
            if named and node.args and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)


def said_in_templates() -> Iterator[str]:
    for path in ROOT.rglob("*.html"):
        code = templatize(path.read_text(encoding="utf-8"))
        for found in re.finditer(r"""(?:_|gettext)\(u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\)""", code):
            yield ast.literal_eval(found[1])
        for found in re.finditer(r"""ngettext\(u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"),""", code):
            yield ast.literal_eval(found[1])


def test_every_sentence_has_its_french(written: Catalog):
    said = {*said_in_code(), *said_in_templates()}

    assert len(said) > 300
    assert sorted(one for one in said if not (message := written.get(one)) or not message.string) == []


def test_no_french_is_left_over_half_done_or_unsure(written: Catalog):
    for message in written:
        parts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(parts), message.id
        assert not message.fuzzy or not message.id, message.id


def test_every_french_sentence_keeps_its_holders(written: Catalog):
    for message in (message for message in written if message.id):
        first = message.id[0] if isinstance(message.id, tuple) else message.id
        for part in message.string if isinstance(message.string, tuple) else (message.string,):
            assert set(HOLDER.findall(part)) == set(HOLDER.findall(first)), message.id


def test_what_is_compiled_is_what_is_written(written: Catalog):
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = read_mo(file)

    assert flat(compiled) == flat(written)


def flat(catalog: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    def several(value: str | tuple[str, ...]) -> tuple[str, ...]:
        return (value,) if isinstance(value, str) else tuple(value)

    return {several(message.id): several(message.string) for message in catalog if message.id}


def test_states_are_said_in_both_languages():
    with override("fr"):
        french = [str(mark.words) for mark in wording.AUTHORITY.values()]
    with override("en"):
        english = [str(mark.words) for mark in wording.AUTHORITY.values()]

    assert "Accusé reçu" in french
    assert "Acknowledged" in english


def test_a_graded_positive_is_marked_as_positive():
    kind = next(kind for kind in load_kinds().values() if any(one.code == "leucocytes" for one in kind.targets))
    reading = Reading(
        outcomes={one.code: one.outcomes[0].code for one in kind.targets} | {"leucocytes": "plus-2"}, read_at=now()
    )

    [read] = [one for one in findings_to_sign(reading, kind) if one.target == "leucocytes"]

    assert (read.means, read.sign) == ("positive", "+")
