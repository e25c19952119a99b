"""French as it is printed: no sign begins a line, apostrophes are curly, wherever the product keeps French words."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from babel.messages.pofile import read_po
from source_code import ROOT, files, sources

MANUAL = ROOT.parents[1] / "docs" / "pharmacien.md"
PO = ROOT / "web" / "locale" / "fr" / "LC_MESSAGES" / "django.po"
# An accent, a guillemet, or a word that lost its end before a vowel.
FRENCH_LETTER = re.compile(r"[àâçéèêëîïôùûœÀÂÇÉÈÊËÎÏÔÙÛŒ«»’]|\b(?:[cdjlmnst]|qu)'(?=[a-zà-ÿ])", re.IGNORECASE)
# Imprimerie nationale: a no-break space before double signs and inside guillemets, which a browser then never parts.
FAULTS = {
    "an ordinary space before a double sign": re.compile("[^\\s] [;:!?»]"),
    "an ordinary space after an opening guillemet": re.compile("« "),
    "no space inside guillemets": re.compile("«[^\u00a0\u202f\\s]|[^\u00a0\u202f\\s]»"),
    "a straight apostrophe": re.compile("[A-Za-zÀ-ÿ]'[A-Za-zÀ-ÿ%{]"),
    "three dots for an ellipsis": re.compile("\\w\\.\\.\\."),
}
# Where a text may be of another language, a sign without a space is no fault.
NO_SPACE = re.compile("[a-zà-ÿ)][;:!?](?:\\s|$)")
# Names of codes, as those who publish the code spell them, and what documents carry of them.
OF_A_TERMINOLOGY = {
    "Résultats de l'analyse microbiologique",
    "Résultat du test rapide d'orientation diagnostique",
    "Test rapide d'orientation diagnostique",
    "Test rapide d'orientation diagnostique : ",
    "Pharmacie d'officine",
    "Pharmacien titulaire d'officine",
    "CR d'examens biologiques",
}
NOT_SHOWN = (
    "formats/xdm/package.py",
    "temoin_conformance/documents.py",
    "temoin_demo/program.py",
)  # plain text, made-up names


def faults(text: str) -> list[str]:
    return [name for name, pattern in FAULTS.items() if pattern.search(text)]


def translated() -> Iterator[tuple[str, str]]:
    with PO.open("rb") as file:
        for message in read_po(file, locale="fr"):
            parts = message.string if isinstance(message.string, tuple) else (message.string,)
            yield from (("django.po", part) for part in parts if message.id)


def labels(content: Any) -> Iterator[str]:
    """Every text under a key `fr`, at any depth."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from [value] if key == "fr" and isinstance(value, str) else labels(value)
    elif isinstance(content, list):
        for each in content:
            yield from labels(each)


def of_data_files() -> Iterator[tuple[str, str]]:
    for _, path in files("*.toml"):
        yield from ((path.name, text) for text in labels(tomllib.loads(path.read_text(encoding="utf-8"))))


def of_patients() -> Iterator[tuple[str, str]]:
    """What patients read in French; the files of other languages are set as those are."""
    content = tomllib.loads((ROOT / "catalogue/data/patients/fr.toml").read_text(encoding="utf-8"))
    for part in ("page", "form", "headline", "message"):
        yield from ((f"fr.toml {part}", text) for text in content[part].values())


@cache
def of_programs() -> list[tuple[str, str]]:
    """Texts of Python and of the pages' scripts that have a French letter; documentation and demonstration apart."""
    return list(_of_programs())


def _of_programs() -> Iterator[tuple[str, str]]:
    for source in sources():
        told = {id(node.value) for node in source.nodes(ast.Expr)}
        for node in source.nodes(ast.Constant):
            text = isinstance(node.value, str) and id(node) not in told
            if text and FRENCH_LETTER.search(node.value) and " " in node.value and source.path not in NOT_SHOWN:
                yield source.path, node.value
    for _, path in files("*.js"):
        for text in re.findall(r'"((?:[^"\\\n]|\\.)*)"', path.read_text(encoding="utf-8")):
            if FRENCH_LETTER.search(text) and " " in text:
                yield path.name, text


def of_mails() -> Iterator[tuple[str, str]]:
    for path in [
        path for kind in ("templates/**/*.txt", "words/*.txt", "templates/**/*.html") for path in ROOT.rglob(kind)
    ]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if FRENCH_LETTER.search(line) and "{%" not in line:
                yield path.name, line


def of_the_manual() -> Iterator[tuple[str, str]]:
    """The pharmacist's pages in French, without what stands as code, and with the text of their links alone."""
    text = re.sub(r"\A---.*?^---|^```.*?^```", "", MANUAL.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for line in text.splitlines():
        yield MANUAL.name, re.sub(r"`[^`]*`|\]\([^)]*\)", "", line)


@pytest.mark.parametrize("source", [translated, of_data_files, of_patients, of_programs, of_mails, of_the_manual])
def test_french_is_set_as_it_is_printed(source):
    told = list(source())

    assert told
    assert [
        (place, found, text) for place, text in told if (found := faults(text)) and text not in OF_A_TERMINOLOGY
    ] == []


@pytest.mark.parametrize("source", [translated, of_data_files, of_patients, of_programs, of_mails, of_the_manual])
def test_one_thing_has_one_word(source):
    """The field says e-mail; the headings of files understand both."""
    assert [(place, text) for place, text in source() if "courriel" in text.lower()] == []


@pytest.mark.parametrize("source", [translated, of_data_files, of_the_manual])
def test_a_double_sign_has_its_space(source):
    assert [(place, text) for place, text in source() if NO_SPACE.search(text)] == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Prénom : Zoé", True),
        ("Prénom\u00a0: Zoé", False),
        ("Est-ce bien elle ?", True),
        ("Est-ce bien elle\u202f?", False),
        ("L'officine", True),
        ("L’officine", False),
        ("« oui »", True),
        ("«\u00a0oui\u00a0»", False),
        ("à 14:30", False),
        ("attendez...", True),
    ],
)
def test_a_fault_of_typography_is_found(text, fault):
    assert bool(faults(text)) is fault
