"""The section [journal]: the journal's name, the key that signs its checkpoints, and its witnesses."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated

from temoin.lib.section import Place, Text, Url, fitting, section


def _is_name(origin: str) -> bool:
    return not any(letter.isspace() or letter == "+" for letter in origin)


@section
class WitnessAddress:
    """A witness of the journal, and the public key of its signatures."""

    url: Url
    vkey: Text


@section
class Journal:
    """The journal's name in the world, the key that signs its checkpoints, and who is shown them.

    A journal may have no witness but its folder.
    """

    origin: Annotated[Text, fitting(_is_name, "must be a name like temoin.example.fr/journal, without space or plus")]
    key: Place
    folder: Place
    witnesses: dict[str, WitnessAddress] = field(default_factory=dict)
