"""Names in the letters that machines of all countries read (ICAO Doc 9303, part 3), by a table that is data."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from temoin.lib.data_file import Entry, read_data

LONGEST = 80
FILLER = "<"
_OTHERS = re.compile("[^A-Z<]")
_FILLERS = re.compile("<+")


@dataclass(frozen=True)
class Transliteration:
    """The table."""

    letters: dict[str, str]
    fillers: str

    def fold(self, name: str) -> str:
        """Return a name in A to Z and fillers; "" where none of its letters is in the table."""
        capitals = unicodedata.normalize("NFC", name).upper()
        spelt = "".join(self._letter(letter) for letter in capitals)
        plain = _FILLERS.sub(FILLER, _OTHERS.sub("", spelt))
        return plain.strip(FILLER)[:LONGEST].rstrip(FILLER)

    def _letter(self, letter: str) -> str:
        if letter in self.fillers or letter.isspace():
            return FILLER
        if letter in self.letters:
            return self.letters[letter]
        bare = unicodedata.normalize("NFKD", letter)[:1]
        return self.letters.get(bare, bare)


def build_transliteration(file: Entry) -> Transliteration:
    """Check and build the table."""
    fillers = file.text("fillers")
    letters = file.mapping("letters")
    file.finish()
    return Transliteration(letters, fillers)


@lru_cache(maxsize=1)
def load_transliteration() -> Transliteration:
    return build_transliteration(read_data("formats.hcert", "icao.toml"))
