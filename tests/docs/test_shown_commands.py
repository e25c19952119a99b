"""What the documentation tells people to type: every command is one that the program takes,
each block is run (in `tests/demo`) or says why not, and each path exists.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from shown_blocks import PAGES, ROOT, RUN, RUN_WHOLE, blocks

from temoin.cli.main import build_parser
from temoin_witness.main import build_parser as build_witness_parser
from temoin_witness.pack_command import build_pack_parser

FENCE = re.compile(r"^ *```(.*)$", re.MULTILINE)  # by turns one that opens a block, and one that ends it
INLINE = re.compile(r"`(temoin [^`\n]+)`")
PATHS = re.compile(r"`((?:src|packages|docs|drill|bench|tools|tests|\.ci)/[\w./-]+)`")
PROGRAMS = {"temoin": build_parser, "temoin-witness": build_witness_parser, "temoin-witness pack": build_pack_parser}
STAND_FOR = {
    "FINESS": "750712184",
    "PROCESS": "web",
    "ID": "3b241101-e2bb-4255-8caf-4136c566a962",
    "NUMBER": "3b241101-e2bb-4255-8caf-4136c566a962",
    "DAY": "2026-11-01",
    "E-MAIL": "claire@officine.example",
    "TIME_ZONE": "Europe/Paris",
}

# A block is known by its first line. What is not run here says why; every command of it is read all the same.
NOT_RUN = {
    "psql -v ON_ERROR_STOP=1 -f roles.sql": "the superuser of a server; drill/install.py runs the like",
    "temoin init --staff-url": "for the whole machine; tests/cli/test_init.py makes a site with it",
    "install -m 0644 packaging": "for the whole machine; tests/settings/test_packaging.py checks each file",
    "temoin keys backup /mnt/backup-2026-11": "three holders; tests/cli/test_keys.py holds the ceremony",
    "temoin keys restore /mnt/backup-2026-11": "likewise",
    "python3 -m venv /opt/temoin": "installs for the whole machine",
    "python3 -m venv witness": "runs until it is stopped; tests/demo/test_demo.py runs one",
    "temoin certificates make-key": "tests/cli/test_certificate_commands.py makes and turns keys",
    "temoin import results FILE": "a synopsis; tests/intake run it",
    "temoin retention": "holds of invented people; tests/retention place and lift them",
    "apt-get install pgbackrest": "for the whole machine; tests/cli/test_pgbackrest.py and tests/settings check each",
    "temoin backup verify": "tests/journal/test_backup_verify.py restores a backup with it",
    "temoin restore report": "needs a restore; tests/transmission/test_after_restore.py and `drill/restore.py` run it",
    "temoin member recover": "needs two holders' secret keys; tests/journal/test_two_holders.py has them",
    "temoin leaving end": "likewise; tests/journal/test_end_certificate.py",
    "temoin leaving export": "needs a terminal; tests/cli/test_leaving_command.py runs it",
    "temoin breach notice": "likewise",
    "temoin breach persons": "a synopsis; tests/cli/test_breach.py runs it",
    "temoin evidence": "writes into a folder of the operator's; tests/journal/test_evidence_pack.py runs it",
    "cd src/temoin && find": "tests/journal/test_evidence_pack.py runs it",
    "temoin-witness pack": "likewise, and tests/witness/test_packs.py",
    "python tools/verify_journal.py --key": "the look of one patient; tests/delivery check a list of looks",
    "temoin conformance https://your.host/fhir": "the reader's own host; tests/conformance run it",
    ".venv/bin/python bench/sign.py": "measures for minutes",
    ".venv/bin/python bench/race_hapi.py": "measures for minutes beside a server of somebody else",
    "python3 -m venv .venv && .venv/bin/pip install -e '.[demo]'": "the README's first: tests/demo/test_demo.py",
    ".venv/bin/pip install -e '.[dev]'": "the second one: it runs this test",
    "make setup": "the gate itself",
    "docker build --file": "needs an engine; tests/settings/test_container.py reads both files",
    "ssh-keygen -Y verify": "tests/settings/test_release.py runs it",
    "temoin surveillance recount": "writes into the operator's folder; tests/surveillance run each command",
    "temoin catalogue load": "a file of the operator's; tests/cli and tests/catalogue load such",
    "temoin officer invite": "tests/officers/test_officers.py runs each",
    "curl -sS https://staff.example.org": "the reader's own host; tests/api send the same",
}


def commands_of(text: str) -> Iterator[list[str]]:
    """The commands of ours in some lines of shell, without comments, pipes and what stands for something else."""
    for line in text.replace("\\\n", " ").splitlines():
        for part in re.split(r"&&|\||>|;", line.partition(" #")[0]):
            if re.match(r"\s*(\S*/)?temoin(-witness)?\s", part):
                words = shlex.split(part.replace("…", " ").translate(str.maketrans("[]", "  ")))
                yield [*program_of(words), *(STAND_FOR.get(word, word) for word in words)]


def program_of(words: list[str]) -> list[str]:
    """Take the program off the front of a command line, and the word that makes it another one."""
    program = Path(words.pop(0)).name
    return [f"{program} {words.pop(0)}" if f"{program} {words[0]}" in PROGRAMS else program]


def refusal(words: list[str]) -> str:
    """What the program says to a command line; "" when it takes it."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            options, rest = PROGRAMS[words[0]]().parse_known_args(words[1:])
        except SystemExit:
            return said.getvalue().splitlines()[-1]
    return f"unknown: {rest}" if rest and not getattr(options, "takes_rest", False) else ""


def key_of(block: str, table: dict) -> str | None:
    return next((start for start in table if block.startswith(start)), None)


def test_every_command_of_a_block_is_one_that_the_program_takes():
    found = [(name, words) for name, block in blocks() for words in commands_of(block)]

    assert len(found) > 15
    assert [(name, words, said) for name, words in found if (said := refusal(words))] == []


def test_every_command_named_in_a_sentence_exists_as_far_as_it_is_written():
    named = {text for page in PAGES for text in INLINE.findall(page.read_text(encoding="utf-8"))}
    wrong = {}
    for text in sorted(named):
        for words in commands_of(text):
            said = refusal(words)
            if said and "required" not in said and "expected one argument" not in said:
                wrong[text] = said

    assert len(named) > 25
    assert wrong == {}


def test_every_block_is_run_or_says_why_not():
    starts = [block.splitlines()[0] for name, block in blocks() if name not in RUN_WHOLE]

    assert [start for start in starts if not key_of(start, RUN) and not key_of(start, NOT_RUN)] == []
    for table in (RUN, NOT_RUN):
        assert [known for known in table if not any(start.startswith(known) for start in starts)] == []


def test_what_holds_a_block_instead_exists():
    named = {path for why in NOT_RUN.values() for path in re.findall(r"\b(?:tests|drill)/[\w./]+", why)}

    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_block_says_what_it_is():
    fences = [(page.name, FENCE.findall(page.read_text(encoding="utf-8"))[::2]) for page in PAGES]

    assert [(page, words) for page, words in fences if "" in words] == []


def test_every_path_exists():
    named = {(page.name, path) for page in PAGES for path in PATHS.findall(page.read_text(encoding="utf-8"))}

    assert len(named) > 20
    assert sorted((page, path) for page, path in named if not (ROOT / path).exists()) == []


def test_every_test_that_is_named_exists():
    named = {
        name for page in PAGES for name in re.findall(r"\btest_[a-z0-9_]+\.py\b", page.read_text(encoding="utf-8"))
    }

    assert len(named) > 20
    assert named - {path.name for path in (ROOT / "tests").rglob("test_*.py")} == set()
