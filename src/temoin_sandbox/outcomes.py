"""The results that the authority takes, from the sandbox's own data file: a witness reads none of the product's."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any


def build_outcomes(known: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    if set(known) != {"outcomes"}:
        raise ValueError("sandbox/outcomes.toml holds the outcomes, and nothing else")
    pairs = {code: tuple(words) for code, words in known["outcomes"].items()}
    if not all(len(words) == 2 and all(isinstance(word, str) and word for word in words) for words in pairs.values()):
        raise ValueError("sandbox/outcomes.toml names each outcome in French and in English")
    return {code: (french, english) for code, (french, english) in pairs.items()}


# By SNOMED CT code: French words, English words.
OUTCOMES = build_outcomes(
    tomllib.loads(resources.files("temoin_sandbox").joinpath("data", "outcomes.toml").read_text("utf-8"))
)
