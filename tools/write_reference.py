"""Writes the reference pages that are made from the code: `python tools/write_reference.py [--check]`."""

from __future__ import annotations

import argparse
import os
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "temoin.site.settings")

import django
from django.apps import apps

if not apps.ready:
    django.setup()

from temoin.api.openapi import specification
from temoin.api.urls import OPERATIONS
from temoin.catalogue.kinds import counter_kinds
from temoin.catalogue.logigram_drawing import drawing, question_line, table_lines
from temoin.catalogue.logigrams import load_logigrams
from temoin.catalogue.questions import load_kind_questions
from temoin.evidence.making import schema_file
from temoin.formats.csv.file_messages import FILE_MESSAGES
from temoin.formats.csv.message_words import MESSAGE_WORDS
from temoin.formats.csv.messages import ROW_MESSAGES
from temoin.formats.csv.profiles import OWN_COLUMNS
from temoin.formats.csv.template import EXAMPLES, template
from temoin.journal.events import MEANING, EventKind
from temoin.lib import lifecycle
from temoin.settings.channels import all_channels
from temoin_conformance.published import case_lines, example_lines

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
MADE = "<!-- Made by tools/write_reference.py from the code: change the code, then run it. -->"
ASVS = Path(__file__).parents[1] / "docs" / "compliance" / "asvs.toml"
DECISIONS = Path(__file__).parents[1] / "docs" / "decisions"
NAV = Path(__file__).parents[1] / "mkdocs.yml"
STATES = ("met", "partly", "not met", "does not apply")
CHAPTERS = (
    "Encoding and sanitization",
    "Validation and business logic",
    "Web front end",
    "API and web service",
    "Files",
    "Authentication",
    "Sessions",
    "Authorization",
    "Self-contained tokens",
    "OAuth and OpenID Connect",
    "Cryptography",
    "Communication",
    "Configuration",
    "Data protection",
    "Coding and architecture",
    "Logging and errors",
    "WebRTC",
)


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or tell with --check which ones are out of date."""
    parser = argparse.ArgumentParser(description="Write the reference pages made from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is out of date")
    options = parser.parse_args(arguments)
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if options.check:
            sys.stdout.write(f"{path.name} is out of date: run python tools/write_reference.py\n")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages()[path], encoding="utf-8")
    return 1 if options.check and stale else 0


def pages() -> dict[Path, str]:
    """Return the text of each page."""
    return {
        FOLDER / "api.md": api_page(),
        FOLDER / "events.md": events_page(),
        FOLDER / "states.md": states_page(),
        FOLDER / "channels.md": channels_page(),
        FOLDER / "files.md": files_page(),
        FOLDER / "logigrams.md": logigrams_page(),
        FOLDER / "questions.md": questions_page(),
        FOLDER / "evidence.schema.json": schema_file().decode(),
        FOLDER.parent / "compliance" / "asvs.md": asvs_page(),
        FOLDER.parent / "conformance.md": conformance_page(),
        DECISIONS / "index.md": decisions_page(),
        NAV: nav_page(),
    }


def api_page() -> str:
    """Return every operation and every shape of the API, as its specification has them."""
    told = specification(OPERATIONS)
    lines = [MADE, API_HEAD]
    for path, methods in told["paths"].items():
        for method, one in methods.items():
            lines += ["", f"### `{method.upper()} {path}`", "", f"{one['summary']}.", "", *_api_call(one)]
    lines += ["", "## Shapes", "", "A field with a star is always there."]
    for name, schema in told["components"]["schemas"].items():
        lines += ["", f"### {name}", "", schema["description"], "", "| field | type | |", "|---|---|---|"]
        needed = schema.get("required", ())
        for field, each in schema["properties"].items():
            star = "*" if field in needed else ""
            lines.append(f"| `{field}`{star} | {_api_type(each)} | {each.get('description', '')} |")
    return "\n".join(lines) + "\n"


def _api_call(one: dict[str, Any]) -> list[str]:
    scopes = [f"`{scope}`" for need in one["security"] for scope in need["token"]]
    asked = [f"`{each['name']}` ({each['in']})" for each in one["parameters"]]
    forms = one.get("requestBody", {}).get("content", {})
    asked += [f"`{name}` (form)" for each in forms.values() for name in each["schema"].get("properties", ())]
    sent = [f"{media}: {_api_type(each['schema'])}" for media, each in forms.items()]
    (done,) = (status for status in one["responses"] if status in {"200", "201"})
    ((media, content),) = one["responses"][done]["content"].items()
    others = [f"{status}" for status in one["responses"] if status != done]
    rows = {
        "scope": ", ".join(scopes) or ("any token" if one["security"] else "no token"),
        "asked": ", ".join(asked),
        "body": "<br>".join(sent),
        f"answer {done}": f"{media}: {_api_type(content['schema'])}",
        "or": ", ".join(others),
    }
    return ["| | |", "|---|---|", *(f"| {name} | {words} |" for name, words in rows.items() if words)]


def _api_type(schema: dict[str, Any]) -> str:
    """Return a type in words, those of the API as a link to their shape."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(map(_api_type, schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{each}`" for each in schema.get("enum", [schema.get("const")]))
    if schema["type"] == "array":
        return f"list of {_api_type(schema['items'])}"
    return str(schema.get("format", schema["type"]))


def events_page() -> str:
    """Return the table of every event the journal knows."""
    lines = [
        MADE,
        "# Events of the journal",
        "",
        "Each act, and each look at a patient's data, writes one event: identifiers, never a name or a result.",
        "",
        "| event | meaning |",
        "|---|---|",
    ]
    lines += [f"| `{kind.value}` | {MEANING[kind]} |" for kind in sorted(EventKind)]
    return "\n".join(lines) + "\n"


def states_page() -> str:
    """Return a drawing of every state table."""
    lines = [MADE, "# States", "", "Nothing changes its state but by a verb of its table; the verbs are on the arrows."]
    for table in sorted(lifecycle.ALL, key=lambda table: table.noun):
        lines += ["", f"## {table.noun.capitalize()}", "", "```mermaid", table.mermaid(), "```"]
    return "\n".join(lines) + "\n"


def logigrams_page() -> str:
    """Return a drawing of every decision table of an act, with the source of each row."""
    book = load_logigrams()
    lines = [MADE, LOGIGRAMS_HEAD, f"Reviewed on {book.review.on} by: {book.review.by}. Source: {book.review.source}."]
    for table in book.tables.values():
        lines += ["", f"## {table.words.en}", "", "```mermaid", drawing(table), "```", "", *table_lines(table)]
    lines += ["", "## Medicines", "", "| medicine | dose | source | not sure |", "|---|---|---|---|"]
    for one in book.medicines.values():
        lines.append(f"| {one.words.en} | {one.dose.en} | {one.source} | {one.unsure} |")
    return "\n".join(lines) + "\n"


def questions_page() -> str:
    """Return the table of every question, and which kind of test asks which."""
    book = load_kind_questions()
    lines = [MADE, QUESTIONS_HEAD, f"Reviewed on {book.review.on} by: {book.review.by}. Source: {book.review.source}."]
    lines += ["", "| code | question | LOINC | answers | asked of | used by | source | not sure |"]
    lines += ["|---|---|---|---|---|---|---|---|", *map(question_line, book.entries.values()), ""]
    lines += ["| test | asks |", "|---|---|"]
    for kind in counter_kinds():
        lines.append(f"| {kind.words.en} | {', '.join(f'`{one.code}`' for one in kind.questions)} |")
    return "\n".join(lines) + "\n"


def channels_page() -> str:
    """Return the table of every channel, its destinations, and what their parcels are called on screen."""
    lines = [MADE, CHANNELS_HEAD]
    for channel in all_channels():
        way = f"`--through {channel.name}`" if channel.demo else "always"
        for place in channel.destinations:
            words = f"{place.words.fr} / {place.words.en}"
            lines += [f"| `[{channel.name}]` | `{place.name}` | {words} | {place.audience.value} | {way} |"]
    return "\n".join(lines) + "\n"


def files_page() -> str:
    """Return the profiles of files, the columns of our own, and each reason for which a file or a row is refused."""
    lines = [MADE, FILES_HEAD]
    for column in OWN_COLUMNS:
        names = ", ".join(f"`{name}`" for name in dict.fromkeys((column.english, column.french)))
        needed = "yes" if column.is_required else ""
        example = f"`{column.example}`" if column.example else ""
        lines.append(f"| {names} | {needed} | {column.holds} | {example} |")
    lines += ["", "<!-- --8<-- [end:columns] -->"]
    lines += ["", f"A file to fill in, with {len(EXAMPLES)} rows as examples:", "", "```text"]
    lines += [*template("fr").decode("utf-8-sig").splitlines(), "```", "", FILES_REFUSED]
    lines += [f"| `{code}` | {words.en[0]} | {words.en[1]} |" for code, words in sorted(FILE_MESSAGES.items())]
    lines += ["", "## Rows that are refused", "", "| code | reason | remedy |", "|---|---|---|"]
    lines += [f"| `{code}` | {words.en[0]} | {words.en[1]} |" for code, words in sorted(ROW_MESSAGES.items())]
    lines += ["", MESSAGES_REFUSED]
    lines += [f"| `{code}` | {words.en[0]} | {words.en[1]} |" for code, words in sorted(MESSAGE_WORDS.items())]
    return "\n".join(lines) + "\n"


def conformance_page() -> str:
    """Return the cases of `temoin conformance`, what each expects, and the documents that it sends."""
    return "\n".join([MADE, CONFORMANCE_HEAD, *case_lines(), "", "## Documents", *example_lines()]) + "\n"


def decisions() -> list[tuple[str, str, str, str]]:
    """Return number, title, file name and status of each record, in the order of their numbers."""
    found = []
    for path in sorted(DECISIONS.glob("0*.md")):
        text = path.read_text("utf-8")
        number, title = text.partition("\n")[0].removeprefix("# ").split(" ", 1)
        status = re.search(r"\*\*Status\.\*\* (.+)", text)
        found.append((number.strip(":"), title[0].upper() + title[1:], path.name, "" if status is None else status[1]))
    return found


def decisions_page() -> str:
    """Return the index of the decision records."""
    rows = [f"| [{number}]({name}) | {title} | {status} |" for number, title, name, status in decisions()]
    lines = [MADE, DECISIONS_HEAD, *rows, "", "A number that is missing here was kept free: no record was removed."]
    return "\n".join(lines) + "\n"


def nav_page() -> str:
    """Return the settings of the site with every record in its navigation."""
    lines = NAV.read_text("utf-8").splitlines()
    place = next(place for place, line in enumerate(lines) if line.strip() == "- decisions/index.md") + 1
    kept = [line for line in lines[place:] if "decisions/0" not in line]
    made = [f'      - "{number} {title}": decisions/{name}' for number, title, name, _ in decisions()]
    return "\n".join([*lines[:place], *made, *kept]) + "\n"


def asvs_page() -> str:
    """Return the requirements of the OWASP ASVS by chapter, those that do not apply gathered by reason."""
    table: dict[str, dict[str, Any]] = tomllib.loads(ASVS.read_text("utf-8"))
    lines = [MADE, ASVS_HEAD, "| level | " + " | ".join(STATES) + " |", "|---|---|---|---|---|"]
    counts = Counter((row["level"], row["state"]) for row in table.values())
    lines += [f"| {level} | " + " | ".join(str(counts[level, state]) for state in STATES) + " |" for level in (1, 2, 3)]
    for number, title in enumerate(CHAPTERS, start=1):
        rows = {name: row for name, row in table.items() if name.split(".")[0] == str(number)}
        lines += ["", f"## {number} {title}", "", "| id | level | state | how | proof |", "|---|---|---|---|---|"]
        lines += [_asvs_row(name, row) for name, row in rows.items()]
    return "\n".join(lines) + "\n"


def _asvs_row(name: str, row: dict[str, Any]) -> str:
    proofs = "<br>".join(f"`{proof}`" for proof in row.get("proof", []))
    state = f"**{row['state']}**" if row["state"] in {"partly", "not met"} else row["state"]
    return f"| {name} | {row['level']} | {state} | {row['how']} | {proofs} |"


API_HEAD = """# The API, operation by operation

From the specification that a site serves at `/api/v1/openapi.json`; [how to use it](../integrator.md) tells the rest.

## Operations"""

LOGIGRAMS_HEAD = """# Logigrams

What is done before a test and with its result, as decision tables: `src/temoin/catalogue/data/logigrams.toml`. The
product refuses a table in which some combination of its inputs has no row, or two. Each decision is shown to the
professional with its reason and its source; it is kept with the signed result.
"""
QUESTIONS_HEAD = """# Questions of a test

What is asked with each kind of test: `src/temoin/catalogue/data/questions.toml` and `kinds.toml`. Every question may be
skipped; what nobody answered was not asked, and travels nowhere.
"""
CHANNELS_HEAD = """# Channels

One row for each destination. The section of the settings file bears the channel's name; the destination's is on each
parcel, in `temoin lanes`, in `[rates]` and in `temoin reconcile`. How to write a new channel:
[architecture](../architecture.md#a-channel).

| section | destination | on screen | read by | in a demonstration |
|---|---|---|---|---|"""

FILES_HEAD = """# Files of results

A CSV or Excel file (`.xlsx`) of one of these profiles, found out by the names of its columns:

| profile | separator | dates |
|---|---|---|
| `temoin-results-1` | `;` or `,` | ISO 8601 alone |
| `simplereport-bulk` | `,` | ISO 8601, or the one order of day and month of the column |
| another program's | `;` or `,` | as before |

Or [messages of another system](../integrator.md#messages-as-a-file), found out by their first bytes.

The first has the columns of the table below, in French or English. The second has
[those of SimpleReport](../integrator.md#columns), which may bear ReportStream's names. Of the third, a person said
which column of the table each heading stands for, once for the pharmacy.

A CSV file is UTF-8, with or without its mark, unless `windows-1252` or `iso-8859-15` is said: no encoding is guessed.
Of a workbook the one sheet that holds something is read. [Files that were tried](files-tried.md) shows what becomes of
some kinds.

## `temoin-results-1`

Columns in any order; case, accents, spaces, hyphens and underscores of their names do not count. An optional column may
be missing.

<!-- --8<-- [start:columns] -->

| column | required | its cells | example |
|---|---|---|---|"""

FILES_REFUSED = """## Files that are refused

Whole, before their first row. The words are told as well in French, without any value of a cell.

| code | reason | remedy |
|---|---|---|"""

MESSAGES_REFUSED = """## Results of messages that are refused

[Messages](../integrator.md#messages-as-a-file) are judged by the reasons above too; these are their own, or say the
same of a field.

| code | reason | remedy |
|---|---|---|"""

CONFORMANCE_HEAD = """# Conformance

Try your own endpoint, or ours, with the documents of this page:

```sh
temoin conformance https://your.host/fhir
temoin conformance mllps://your.host:2575 --authorities your-ca.pem
temoin conformance https://your.host/fhir --token-file token --certificate us.pem --key us.key \\
    --json trial.json --html trial.html
```

For each case it tells *passed*, *failed* or *not applicable*, and what was seen; `--json` and `--html` keep
everything that was sent and came back, but the token. The status is 0 when no case fails, 1 when one does, 2 when the
endpoint cannot be tried. The form of the documents follows from the URL, unless `--profile` names one; an answer has
ten seconds, or those of `--timeout`. It needs no settings file and no database: from a clone,
`pip install . ./packages/conformance` is enough (Témoin is not on the package index yet). Each run draws new keys, so
that it can be repeated; what it sends stays where it was sent.

Every document is about an invented person and is marked as a test: the tag `HTEST` on each FHIR resource, `T` in
MSH-11. Try a production endpoint only if it sets such documents aside. `temoin sandbox` passes every case, and fails
some under each of its [faults](integrator.md#try-it-on-the-sandbox).

The cases ask for what a courier relies on and for nothing more. Content rules of an authority (profiles, terminology)
are its own to check."""

DECISIONS_HEAD = """# Decisions

One record per choice that somebody may question later: context, decision, consequences, in some 20 lines.

| | decision | status |
|---|---|---|"""

ASVS_HEAD = """# OWASP ASVS 5.0.0

Each requirement of levels 1 and 2 of the [Application Security Verification Standard](https://owasp.org/asvs), version
5.0.0, by its number, with what is done here and where it is proved. Of level 3, only what is met or what an auditor
will ask for; the rest is not claimed. The words are ours: read the standard for its own. A proof is a test
(`file::name`), a drill, a page, or the source to read; `tests/house/test_compliance.py` refuses a proof that does not
exist. Nobody outside the project has verified this page.

**partly** says what is missing; **not met** too.
"""


if __name__ == "__main__":
    sys.exit(main())
