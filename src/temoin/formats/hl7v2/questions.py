"""The questions asked on entry, read strictly from the format's data file: their answers are no results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from temoin.formats.reviewed import read_reviewed
from temoin.lib.data_file import Entry, is_loinc
from temoin.lib.reviewed import Review


@dataclass(frozen=True, slots=True)
class Questions:
    """What each question asks, by its LOINC code."""

    review: Review
    words: Mapping[str, str]


@cache
def load_questions() -> Questions:
    """Return the questions of the data file; DataFileError when it is wrong."""
    return build_questions(*read_reviewed("hl7v2", "questions.toml"))


def build_questions(review: Review, file: Entry) -> Questions:
    words = file.mapping("questions")
    if wrong := [code for code in words if not is_loinc(code)]:
        raise file.error(f"questions.{wrong[0]}", "is not a LOINC code: wrong shape or check digit")
    file.finish()
    return Questions(review, MappingProxyType(words))
