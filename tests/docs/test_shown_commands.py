"""What the documentation tells people to type: every command is one that the program takes, and what can run is run."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_demo import Running

from temoin.cli.main import build_parser
from temoin_witness.main import build_parser as build_witness_parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(temoin [^`\n]+)`")
PATHS = re.compile(r"`((?:src|packages|docs|drill|bench|tools|tests|\.ci)/[\w./-]+)`")
PROGRAMS = {"temoin": build_parser, "temoin-witness": build_witness_parser}
STAND_FOR = {
    "FINESS": "750712184",
    "ID": "3b241101-e2bb-4255-8caf-4136c566a962",
    "DAY": "2026-11-01",
    "E-MAIL": "claire@officine.example",
    "TIME_ZONE": "Europe/Paris",
}
PORT = 18800

# A block is known by its first line. What is not run here says why; every command of it is read all the same.
NOT_RUN = {
    "psql -v ON_ERROR_STOP=1 -f roles.sql": "the superuser of a server; tests/config run the same file",
    "temoin keys backup /mnt/backup-2026-11": "three holders; tests/cli/test_keys.py holds the ceremony",
    "temoin keys restore /mnt/backup-2026-11": "likewise",
    "python3 -m venv /opt/temoin": "installs for the whole machine",
    "python3 -m venv witness": "runs until it is stopped; tests/demo/test_demo.py runs one",
    "temoin certificates make-key": "tests/cli/test_certificate_commands.py makes and turns keys",
    "temoin import results FILE.csv": "a synopsis; tests/intake run it",
    "temoin retention": "holds of invented people; tests/retention place and lift them",
    "temoin breach notice": "likewise",
    "temoin breach persons": "a synopsis; tests/cli/test_breach.py runs it",
    "python tools/verify_journal.py --key": "the look of one patient; tests/delivery check a list of looks",
    "temoin conformance https://your.host/fhir": "the reader's own host; tests/conformance run it",
    ".venv/bin/python bench/sign.py": "measures for minutes",
    "python3 -m venv .venv && .venv/bin/pip install -e '.[demo]'": "the README's first: tests/demo/test_demo.py",
    ".venv/bin/pip install -e '.[dev]'": "the second one: it runs this test",
    "make setup": "the gate itself",
}
RUN = {
    "temoin journal key > journal.vkey": {"/mnt/folder": "{data}/checkpoints", "2026-11-01": "{today}"},
    "temoin journal export | awk": {"464": "{size}"},
    "openssl ecparam -name secp384r1": {},
    "install -d -m 0700 keys": {},
    "temoin pharmacy open --finess": {},
    "temoin reconcile --status": {"2026-11-24": "{yesterday}"},
    "temoin journal verify": {},
    "temoin breach count": {"[--pharmacy FINESS] [--since DAY] [--until DAY]": ""},
}
DIFFERS = 1  # the status of `reconcile` when the two sides do: nothing was sent on the day asked for


def blocks() -> list[tuple[str, str]]:
    return [(page.name, block) for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))]


def commands_of(text: str) -> Iterator[list[str]]:
    """The commands of ours in some lines of shell, without comments, pipes and what stands for something else."""
    for line in text.replace("\\\n", " ").splitlines():
        for part in re.split(r"&&|\||>|;", line.partition(" #")[0]):
            if re.match(r"\s*(\S*/)?temoin(-witness)?\s", part):
                words = shlex.split(part.replace("…", " ").translate(str.maketrans("[]", "  ")))
                yield [Path(words[0]).name, *(STAND_FOR.get(word, word) for word in words[1:])]


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
    starts = [block.splitlines()[0] for _, block in blocks()]

    assert [start for start in starts if not key_of(start, RUN) and not key_of(start, NOT_RUN)] == []
    for table in (RUN, NOT_RUN):
        assert [known for known in table if not any(start.startswith(known) for start in starts)] == []


def test_every_path_exists():
    named = {(page.name, path) for page in PAGES for path in PATHS.findall(page.read_text(encoding="utf-8"))}

    assert len(named) > 20
    assert sorted((page, path) for page, path in named if not (ROOT / path).exists()) == []


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory) -> Iterator[dict]:
    running = Running(tmp_path_factory.mktemp("docs"), PORT)
    ready = running.ready()
    # The first seal is some seconds old at most; before it a journal without a checkpoint is rightly a finding.
    running.wait_for(lambda: running.journal("verify").returncode == 0, 600)
    yield ready
    running.end()


@pytest.fixture
def shell(demonstration, tmp_path):
    """A shell in which `temoin` and `python` are ours and the settings are those of the demonstration."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, words in (("temoin", "-m temoin.cli.main"), ("python", "")):
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words} "$@"\n')
        (folder / name).chmod(0o755)
    (tmp_path / "keys").mkdir(mode=0o700)
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEMOIN_")}
    environment |= {"PATH": f"{folder}:{os.environ['PATH']}", "TEMOIN_CONFIG": demonstration["settings"]}

    def run(script: str) -> subprocess.CompletedProcess:
        words = ["bash", "-o", "pipefail", "-c", script]
        return subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize("start", RUN)
def test_what_the_documentation_shows_runs(start, demonstration, shell):
    (block,) = (block for _, block in blocks() if block.startswith(start))
    told = {
        "data": demonstration["data"],
        "today": time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400)),
        "yesterday": time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400)),
        "size": "1",
    }
    for written, meant in RUN[start].items():
        assert written in block
        block = block.replace(written, meant.format(**told))
    steps = [line for line in block.replace("\\\n", " ").splitlines() if line.strip()]

    for step in steps:
        ended = shell(step)

        allowed = {0, DIFFERS} if step.startswith(("temoin reconcile", "temoin journal export | grep")) else {0}
        assert ended.returncode in allowed, (step, ended.stdout, ended.stderr)
        assert "Traceback" not in ended.stderr
