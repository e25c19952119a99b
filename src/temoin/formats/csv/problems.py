"""What can be wrong with a bulk result file or one of its rows: a code, a place, and words that mend it."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.formats.csv.file_messages import FILE_MESSAGES
from temoin.formats.csv.message_words import MESSAGE_WORDS
from temoin.formats.csv.messages import ROW_MESSAGES, CsvMessage
from temoin.formats.csv.profiles import own_word
from temoin.formats.csv.quantity_words import QUANTITY_WORDS
from temoin.lib.countries import country_names


@dataclass(frozen=True, slots=True)
class CellProblem:
    """One thing wrong in one cell, or in the whole row when `column` is empty.

    `row` counts as a spreadsheet does: the header is row 1. The cell's content is never kept (law 7).
    """

    row: int
    column: str
    code: str
    units: tuple[str, ...] = ()  # in which a measured result may be told
    countries: tuple[str, ...] = ()  # that one name may mean, by their codes

    def message(self, lang: str) -> str:
        return self._filled(_in(_words(self.code), lang)[0], lang)

    def remedy(self, lang: str) -> str:
        """Say what to write instead."""
        return self._filled(_in(_words(self.code), lang)[1], lang)

    def _filled(self, text: str, lang: str) -> str:
        named = (f"{country_names(lang)[code]} ({code})" for code in self.countries)
        return text.replace("{units}", ", ".join(self.units)).replace("{countries}", ", ".join(named))


@dataclass(frozen=True, slots=True)
class RowErrors:
    """A row that cannot be taken, with everything that is wrong with it."""

    row: int
    problems: tuple[CellProblem, ...]


class FileRefusedError(Exception):
    """The file as a whole cannot be read: nothing of it was taken."""

    def __init__(
        self,
        code: str,
        *,
        row: int = 0,
        byte: int = 0,
        other: int = 0,
        columns: tuple[str, ...] = (),
        headings: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{code} row={row} byte={byte} columns={','.join(columns)}")
        self.code = code
        self.row = row
        self.byte = byte
        self.other = other
        self.columns = columns
        self.headings = headings  # of the file, where naming them otherwise would do

    def message(self, lang: str) -> str:
        """Say why the file is refused, with the row, the byte or the columns."""
        return self._filled(_in(FILE_MESSAGES[self.code], lang)[0], lang)

    def remedy(self, lang: str) -> str:
        return self._filled(_in(FILE_MESSAGES[self.code], lang)[1], lang)

    def _filled(self, text: str, lang: str) -> str:
        named = self.columns
        if self.code == "missing_columns":  # which the file does not name: in the reader's language
            named = tuple(own_word(column, lang) for column in named)
        return text.format(row=self.row, byte=self.byte, other=self.other, columns=", ".join(named))


def _words(code: str) -> CsvMessage:
    return ROW_MESSAGES.get(code) or QUANTITY_WORDS.get(code) or MESSAGE_WORDS[code]


def _in(message: CsvMessage, lang: str) -> tuple[str, str]:
    return message.fr if lang.lower().startswith("fr") else message.en
