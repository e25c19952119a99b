"""What is kept by class, as reviewed data: which tables, how it ends, and the legal source of its span."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from temoin.lib.data_file import Entry, read_data
from temoin.lib.label import Label
from temoin.lib.reviewed import Review, review_of
from temoin.retention.settings import Retention

RESULTS, EXCHANGES, INVITATIONS, BACKUPS = "results", "exchanges", "invitations", "backups"
CALLS, WEBHOOK_NOTICES, ACCOUNTS = "program-calls", "webhook-notices", "accounts"


class Ends(StrEnum):
    """How a class ends: see the head of the data file."""

    DAYS = "days"
    WITH = "with"
    EXPIRY = "expiry"
    PENDING = "pending"
    NOTHING = "nothing"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """One class of data; `days` is None where the operator decides, `known` whether a text gives the span."""

    code: str
    label: Label
    tables: tuple[str, ...]
    ends: Ends
    goes_with: str
    days: int | None
    known: bool
    source: str


@dataclass(frozen=True, slots=True)
class RetentionBook:
    """All classes, and who reviewed them."""

    review: Review
    classes: Mapping[str, RetentionClass]
    training_days: int  # for which a training counter keeps what was practised, whole days after that one

    def days_of(self, code: str, decided: Retention) -> int | None:
        """Return for how many days a class is kept; None where nobody has decided, and of what has no such end."""
        if code == RESULTS:
            return decided.results_days
        if code == BACKUPS:
            return decided.backup_days
        one = self.classes[code]
        return self.days_of(one.goes_with, decided) if one.ends is Ends.WITH else one.days

    def class_of(self, table: str) -> RetentionClass:
        return next(one for one in self.classes.values() if table in one.tables)


@cache
def load_classes() -> RetentionBook:
    return build_classes(read_data("retention", "classes.toml"))


def build_classes(file: Entry) -> RetentionBook:
    review, training_days = review_of(file), file.days("training_days")
    classes = {code: _class(code, entry) for code, entry in file.children("classes")}
    for one in classes.values():
        if one.ends is Ends.WITH and one.goes_with not in classes:
            raise file.error(f"classes.{one.code}.with", "names no class")
    file.finish()
    return RetentionBook(review, MappingProxyType(classes), training_days)


def _class(code: str, entry: Entry) -> RetentionClass:
    ends = Ends(entry.choice("ends", tuple(Ends)))
    one = RetentionClass(
        code=code,
        label=entry.label("label"),
        tables=entry.texts("tables"),
        ends=ends,
        goes_with=entry.text("with") if ends is Ends.WITH else "",
        days=entry.days("days") if entry.has("days") else None,
        known=entry.flag("known"),
        source=entry.text("source"),
    )
    entry.finish()
    return one


def class_lines(decided: Retention) -> list[str]:
    """Return a line for each class of which the operator has something to decide, or which no text gives a span."""
    book = load_classes()
    lines = [_line(one, book.days_of(one.code, decided)) for one in book.classes.values() if not _is_settled(one)]
    if book.review.is_placeholder:
        lines.append(f"Retention: not reviewed ({book.review.on}: {book.review.by}); source: {book.review.source}")
    return lines


def _is_settled(one: RetentionClass) -> bool:
    return one.ends in {Ends.WITH, Ends.EXPIRY, Ends.NOTHING} or (one.known and one.ends is Ends.DAYS)


def _line(one: RetentionClass, days: int | None) -> str:
    span = f"{days} days" if days is not None else "not decided"
    if one.ends is Ends.PENDING:
        span = "not deleted by this version"
    elif days is None:
        span += f": set [retention] {'backup_days' if one.code == BACKUPS else 'results_days'}"
    doubt = "" if one.known else "no legal source is known: "
    return f"Retention, {one.label.en}: {span}; {doubt}{one.source}"
