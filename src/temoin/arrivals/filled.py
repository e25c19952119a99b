"""What a patient filled in, as it was opened: texts that anybody may have written, to be judged like typed ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from temoin.crypto.arrival import FormBrokenError
from temoin.crypto.letter import normalise_code, written_code

VERSION: Final = 1
LONGEST: Final = 254  # characters of one text: the longest that a record keeps is an address of mail
TRAITS: Final = (
    *("birth_family_name", "birth_given_names", "single_name", "birth_date", "sex"),
    *("used_family_name", "used_given_name"),
    *("email", "phone", "way", "language", "street", "postcode", "city", "country"),
)


@dataclass(frozen=True, slots=True, repr=False)
class FilledForm:
    """A patient's own words; without a `repr`, so that no trace or log can show them."""

    traits: Mapping[str, str]
    kind: str
    answers: Mapping[str, str]
    notice: str  # the version of the notice that the patient agreed to
    code: str  # that will open the letter
    remind: bool = False  # of the appointment, by e-mail


def read_filled(content: bytes) -> FilledForm:
    """Read what was sealed; FormBrokenError for anything that the page does not make."""
    try:
        held = orjson.loads(content)
        if not isinstance(held, dict) or held["v"] != VERSION:
            raise FormBrokenError("another version of the form")
        code = written_code(normalise_code(_text(held["code"])))
        traits = {name: _text(held["traits"].get(name, "")) for name in TRAITS}
        answers = {_text(name): _text(value) for name, value in held["answers"].items()}
        remind = held.get("remind", False) is True
        return FilledForm(traits, _text(held["kind"]), answers, _text(held["notice"]), code, remind)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise FormBrokenError("the form is not as the page makes it") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST or "\x00" in value:
        raise FormBrokenError("no text of a form")
    return value
