"""What `temoin import results` says: each refused row, the progress, and the sums at the end."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from typing import TextIO

from django.utils.translation import gettext as _

from temoin.cli.console import say
from temoin.formats.csv.reading import FileOfResults
from temoin.intake.file_words import notes_of
from temoin.intake.people import PersonFate, PersonOutcome
from temoin.intake.problems import RowProblem
from temoin.intake.results import RowOutcome
from temoin.intake.sameness import Sameness
from temoin.lib.spreadsheet import guarded_cell

EVERY, SELDOM = 100, 10_000
ERROR_COLUMNS = ("row", "column", "code", "reason", "remedy")


class ImportTeller:
    """Tells about rows as they are taken; with `errors`, refused rows go there as CSV instead of in sentences."""

    def __init__(self, errors: TextIO | None, *, is_trial: bool) -> None:
        self._errors = None if errors is None else csv.writer(errors)
        # Sentences leave standard output to the errors when these are asked for there.
        self._out = sys.stderr if errors is sys.stdout else sys.stdout
        self._is_trial = is_trial
        self._rows = 0
        self._count = 0
        if self._errors is not None:
            self._errors.writerow(ERROR_COLUMNS)

    def tell_file(self, file: FileOfResults) -> None:
        """Tell what the whole file showed: how its dates are read, and what of it no result keeps."""
        self._rows = file.count
        for sentence in notes_of(file):
            self._say(sentence)

    def tell(self, outcome: RowOutcome) -> None:
        """Tell the problems of a row, and how far we are: on a terminal every hundred rows, else every ten thousand."""
        self._count += 1
        for problem in outcome.problems:
            self._tell_problem(problem)
        is_seen = sys.stderr.isatty()
        if self._count % (EVERY if is_seen else SELDOM) == 0:
            so_far = _("%(count)d of %(rows)d rows…") % {"count": self._count, "rows": self._rows}
            sys.stderr.write(f"\r{so_far}" if is_seen else f"{so_far}\n")
            sys.stderr.flush()

    def sum_up(self, counts: Counter[Sameness]) -> None:
        """Tell how many rows had each fate."""
        if self._count >= EVERY and sys.stderr.isatty():
            sys.stderr.write("\r\033[K")
        if self._is_trial:
            self._say(_("Trial: nothing was stored. It would give:"))
        labels = {
            Sameness.STORED: _("stored"),
            Sameness.CORRECTED: _("corrected"),
            Sameness.CANCELLED: _("cancelled"),
            Sameness.ALREADY_STORED: _("already stored"),
            Sameness.REFUSED: _("refused"),
        }
        self._say(", ".join(f"{label}: {counts[verdict]}" for verdict, label in labels.items()))

    def stopped(self) -> str:
        """Return what to say when the database went away."""
        return _(
            "The database stopped answering after row %(count)d of the results. What is stored stays: "
            "import the file again."
        ) % {"count": self._count}

    def _tell_problem(self, problem: RowProblem) -> None:
        if self._errors is not None:
            told = (problem.row, problem.column, problem.code, problem.reason, problem.remedy)
            self._errors.writerow([guarded_cell(part) for part in told])
            return
        place = _("Row %(row)d") % {"row": problem.row}
        if problem.column:
            place = _("Row %(row)d, column %(column)s") % {"row": problem.row, "column": problem.column}
        self._say(f"{place} : {problem.reason} {problem.remedy}")

    def _say(self, text: str) -> None:
        if self._out is sys.stdout:
            say(text)
        else:
            self._out.write(f"{text}\n")


class PeopleTeller:
    """Tells about the rows of a list of patients: by their number, for a terminal is no place for names."""

    def tell(self, outcome: PersonOutcome) -> None:
        place = _("Row %(row)d") % {"row": outcome.row}
        if outcome.verdict is PersonFate.NEAR:
            words = _("perhaps known: not registered. Compare on the page of files, or at the counter.")
            say(f"{place} : {words}")
        for problem in outcome.problems:
            say(f"{place}, {problem.column} : {problem.reason} {problem.remedy}")

    def sum_up(self, counts: Counter[PersonFate], *, is_trial: bool) -> None:
        """Tell how many rows had each fate."""
        if is_trial:
            say(_("Trial: nothing was stored. It would give:"))
        labels = {
            PersonFate.REGISTERED: _("new patients"),
            PersonFate.KNOWN: _("already known"),
            PersonFate.NEAR: _("perhaps known"),
            PersonFate.REFUSED: _("refused"),
        }
        say(", ".join(f"{label}: {counts[fate]}" for fate, label in labels.items()))
