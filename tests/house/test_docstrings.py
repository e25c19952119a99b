"""A docstring says what name, parameters and types leave open: one that repeats them is a line nobody needs.

Units, errors, the source of a rule and reasons are what a docstring is for. Functions that need none have none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from source_code import sources

Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
# What says nothing by itself: small words, and the verbs with which every function can be begun.
SMALL = set(
    re.findall(
        "[a-z]+",
        "a all an and any are as at be by do does each every for from give given has have in is it its none of on one "
        "or out return tell that the their them these they this those to was whether which who whose with",
    )
)


def stem(word: str) -> str:
    """Return a word without the ending of its plural, its verb or its doer."""
    word = word.lower()
    if word.endswith("ies"):
        return word[:-3] + "y"
    ending = next((end for end in ("ing", "ed", "es", "er", "s", "e") if word.endswith(end)), "")
    return word.removesuffix(ending) if len(word) - len(ending) > 2 else word


def words(text: str) -> set[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).replace("_", " ")
    return {stem(word) for word in re.findall("[A-Za-z]+", apart)}


def signature(node: Documented, owner: str) -> set[str]:
    """Return the words of a name, of what holds it, of its parameters and of their types."""
    if isinstance(node, ast.ClassDef):
        return words(node.name) | words(" ".join(ast.unparse(base) for base in node.bases))
    returned = ast.unparse(node.returns) if node.returns else ""
    return words(node.name) | words(owner) | words(ast.unparse(node.args)) | words(returned)


def repetitions(tree: ast.Module) -> Iterator[str]:
    """Give the name of everything whose docstring holds no word that is not in its signature."""
    small = {stem(word) for word in SMALL}
    owners = {child: node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for child in node.body}
    for node in ast.walk(tree):
        if isinstance(node, Documented) and (said := ast.get_docstring(node)):
            owner = owners.get(node, "")
            if words(said) - small <= signature(node, owner):
                yield f"{owner}.{node.name}".lstrip(".")


def test_no_docstring_repeats_its_signature():
    assert [f"{source.path}: {name}" for source in sources() for name in repetitions(source.tree)] == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('def read_rates(section):\n    """Read the rates of the section."""\n    return section', ["read_rates"]),
        ('class Visitor:\n    """One visitor."""\n    left = 0', ["Visitor"]),
        ('class Desk:\n    def close(self):\n        """Close the desk."""\n        return 1', ["Desk.close"]),
        ('def wait(span: int):\n    """Wait; the span is in seconds."""\n    return span', []),
        ('def read(path: str):\n    """Read the path; OSError where there is none."""\n    return path', []),
        ("def read(path: str):\n    return path", []),
    ],
)
def test_the_law_finds_what_is_repeated(code: str, found: list[str]):
    assert list(repetitions(ast.parse(code))) == found
