"""The open data set: what was published, as rows of CSV and JSON, with a descriptor after the Data Package standard.

Pure, and the same for the same publications: a file that was handed out grows at its end of each period, and what stood
in it stays. `revision` tells the publications of one period apart.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import orjson

from temoin.lib.spreadsheet import guarded_cell
from temoin.surveillance.dataset_words import COLUMNS, TABLE_WORDS
from temoin.surveillance.departments import load_country
from temoin.surveillance.tables import FILES, PublishedTable

INCOMPLETE = "incomplete"  # the file that names the publications which are without some pharmacies
INCOMPLETE_COLUMNS = ("table", "pharmacies")
DESCRIPTOR = "datapackage.json"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
LEADING = ("period", "revision", "published")
LEAST = {
    **dict.fromkeys(("count", "per_100000", "percent", "low", "high"), 0),
    "pharmacies": 1,
    "inhabitants": 1,
    "tests": 1,
}
# Licences that the operator may give the data; without one, none is given.
LICENCES = {
    "etalab-2.0": {
        "name": "etalab-2.0",
        "title": "Licence Ouverte 2.0",
        "path": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    },
    "ODbL-1.0": {
        "name": "ODbL-1.0",
        "title": "Open Database License 1.0",
        "path": "https://opendatacommons.org/licenses/odbl/1-0/",
    },
    "CC-BY-4.0": {
        "name": "CC-BY-4.0",
        "title": "Creative Commons Attribution 4.0",
        "path": "https://creativecommons.org/licenses/by/4.0/",
    },
}


@dataclass(frozen=True)
class Publication:
    """One table of one period as it was published."""

    name: str
    period: date
    revision: int
    released_on: date
    figures: Sequence[Sequence[Any]]
    missing: int = 0  # pharmacies that could not be counted


@dataclass(frozen=True)
class About:
    """What the descriptor tells of the whole."""

    source: str  # address of the patients' site: it is public
    licence: str  # of LICENCES; "" for none
    is_demo: bool


def files_of(publications: Iterable[Publication], about: About) -> dict[str, bytes]:
    """Return the data set's files by name; the descriptor comes last, when what it tells of is there."""
    found = list(publications)
    files: dict[str, bytes] = {}
    for name, columns in _columns().items():
        rows = _incomplete(found) if name == INCOMPLETE else rows_of(FILES[name], found)
        files[f"{name}.csv"] = _csv(columns, rows)
        files[f"{name}.json"] = _json(columns, rows)
    updated = max((one.released_on for one in found), default=None)
    files[DESCRIPTOR] = _pretty(_descriptor(files, about, updated))
    return files


def rows_of(table: PublishedTable, publications: Iterable[Publication]) -> list[list[Any]]:
    """Return the rows of a table: period, revision, day of publication, then its own columns and measures."""
    return sorted(
        [one.period.isoformat(), one.revision, one.released_on.isoformat(), *figure]
        for one in publications
        if one.name == table.name
        for figure in one.figures
    )


def _incomplete(publications: Iterable[Publication]) -> list[list[Any]]:
    """Return what was published without some pharmacies, and how many."""
    without = (one for one in publications if one.missing)
    return sorted(
        [one.period.isoformat(), one.revision, one.released_on.isoformat(), one.name, one.missing] for one in without
    )


def _columns() -> dict[str, list[str]]:
    """Return the columns of each file by its name."""
    told = {table.name: [*LEADING, *table.columns, *table.measures] for table in FILES.values()}
    return {**told, INCOMPLETE: [*LEADING, *INCOMPLETE_COLUMNS]}


def rows_lost(before: bytes, after: bytes) -> list[str]:
    """Return the lines of a file that a newer one does not have: history that would be rewritten.

    A last line that was cut short, as by a copy that broke off, is not lost where the newer file has it whole.
    """
    kept = set(after.decode().splitlines())
    lost = [line for line in before.decode(errors="replace").splitlines() if line not in kept]
    is_cut = bool(lost) and before.endswith(lost[-1].encode())
    return lost[:-1] if is_cut and any(line.startswith(lost[-1]) for line in kept) else lost


def schema_of(name: str) -> dict[str, Any]:
    """Return the schema of a file after the Table Schema standard."""
    columns = _columns()[name]
    return {"fields": [_field(one, name) for one in columns], "primaryKey": _key(name), "missingValues": []}


def _key(name: str) -> list[str]:
    columns = FILES[name].columns if name in FILES else INCOMPLETE_COLUMNS[:1]
    return [one for one in LEADING if one != "published"] + list(columns)


def _field(name: str, file: str) -> dict[str, Any]:
    told = COLUMNS[name]
    field: dict[str, Any] = {"name": name, "type": told.type, "title": told.words.en, "description": told.words.fr}
    constraints: dict[str, Any] = {"required": True}
    if name == "revision":
        tables = [FILES[file]] if file in FILES else list(FILES.values())
        constraints |= {"minimum": 1, "maximum": max(len(table.ages) for table in tables)}
    if name in LEAST:
        constraints["minimum"] = LEAST[name]
    if name == "percent":
        constraints["maximum"] = 100
    return {**field, "constraints": constraints}


def _descriptor(files: Mapping[str, bytes], about: About, updated: date | None) -> dict[str, Any]:
    told = {
        "$schema": PROFILE,
        "name": "temoin-surveillance",
        "title": f"{'DEMONSTRATION, INVENTED PERSONS: ' if about.is_demo else ''}Point-of-care tests in pharmacies",
        "description": "Counts of findings, with noise that no person can be found through; a figure under ten is left "
        "out; `targets` adds up `days`, small figures included; `areas` and `homes` `departments`, `sexes` `ages` and "
        "`motives` `reasons`; "
        "`incidence` and `positivity` are made of `areas`, with intervals of 95 % that hold the noise. `incomplete` "
        "names what was published without pharmacies that could not be counted. `revision` tells the publications of "
        "one period apart: a later one counts late results and corrections too. What was published is never changed.",
        "version": updated.isoformat() if updated else "0",
        "sources": [
            {"title": "Témoin", "path": about.source},
            {"title": load_country().review.source, "path": load_country().address},
        ],
        "resources": [_resource(name, files, ending) for name in _columns() for ending in ("csv", "json")],
    }
    if updated:
        told["created"] = f"{updated.isoformat()}T00:00:00Z"
    if about.licence:
        told["licenses"] = [LICENCES[about.licence]]
    return told


def _resource(name: str, files: Mapping[str, bytes], ending: str) -> dict[str, Any]:
    path = f"{name}.{ending}"
    words = TABLE_WORDS[name]
    told = {
        "name": f"{name}-{ending}",
        "type": "table",
        "path": path,
        "title": words.en,
        "description": words.fr,
        "format": ending,
        "mediatype": {"csv": "text/csv", "json": "application/json"}[ending],
        "encoding": "utf-8",
        "bytes": len(files[path]),
        "hash": f"sha256:{sha256(files[path]).hexdigest()}",
        "schema": schema_of(name),
    }
    return {**told, "dialect": {"lineTerminator": "\n"}} if ending == "csv" else told


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([guarded_cell(value) for value in row] for row in rows)  # a lot is named by whoever typed it
    return text.getvalue().encode()


def _json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    return orjson.dumps([dict(zip(columns, row, strict=True)) for row in rows], option=orjson.OPT_APPEND_NEWLINE)


def _pretty(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
