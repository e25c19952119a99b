"""Who signs, or lists persons, on a real site: a person at a terminal, with password and code, and nobody else."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from forked import Forked
from import_files import allow_laboratories, file_of
from patience import PATIENCE
from people import PASSWORD, TOTP_SECRET, House, make_patient, open_house, person_of, set_up_totp, totp_code

from temoin.lib.tenant import tenant_scope
from temoin.testing.models import Record

Run = Callable[[int, list[str]], "Forked | subprocess.Popen[bytes]"]
QUESTIONS = re.compile(rb"(?:Password of the person who signs|Code of the authenticator): $")


@pytest.fixture
def house(transactional_db: None) -> House:  # noqa: ARG001 the command is another process: it sees what is committed
    house = open_house()
    for seat in (house.owner, house.colleague, house.stranger):
        set_up_totp(person_of(seat))
    return house


@pytest.fixture
def real_site(tmp_path: Path) -> Path:
    """The settings of the tests' own database, for a site that is no demonstration."""
    demonstration = Path(os.environ["TEMOIN_CONFIG"])
    text = demonstration.read_text(encoding="utf-8").replace("demo = true", "demo = false")
    text = text.replace('rules = "demonstration"', 'rules = "us-elr"')
    text = re.sub(r'"keys/', f'"{demonstration.parent}/keys/', text)
    text = re.sub(r'(staff|portal)_url = "[^"]*"', r'\1_url = "https://\1.example"', text)
    text = re.sub(r'sandbox_url = "[^"]*"\n', "", text).replace('security = "none"', 'security = "tls"')
    text += '\n[hosting]\nself_hosted = true\nname = "Pharmacie du Marché"\n'
    path = tmp_path / "temoin.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def command(house: House, real_site: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """Return the command line that imports one good row in somebody's name."""
    results = tmp_path / "results.csv"
    results.write_bytes(file_of({}).getvalue())
    allow_laboratories(house.owner)

    def line(seat) -> list[str]:
        who = ["--pharmacy", house.here.finess, "--by", person_of(seat).email]
        return ["import", "results", str(results), "--lang", "en", "--data", str(real_site.parent), *who]

    return line


BEGIN = [sys.executable, "-m", "temoin.cli.main"]


def begin_at(its_side: int, command: list[str]) -> subprocess.Popen[bytes]:
    """Begin a command as a person does; setsid makes the terminal the command's own."""
    return subprocess.Popen(["setsid", "--ctty", *BEGIN, *command], stdin=its_side, stdout=its_side, stderr=its_side)


def fork_at(its_side: int, command: list[str]) -> Forked:
    return Forked(command, [its_side] * 3, os.environ, owns_terminal=True)


def at_terminal(command: list[str], answers: list[Callable[[], str]], run: Run = fork_at) -> tuple[int, str]:
    """Run a command on a real terminal and type an answer at each question; return its status and what was shown."""
    terminal, its_side = pty.openpty()
    running = run(its_side, command)
    os.close(its_side)
    shown, waiting, seen = b"", list(answers), 0
    deadline = time.monotonic() + PATIENCE
    while piece := _read(terminal, deadline):
        shown += piece
        if waiting and QUESTIONS.search(shown, seen):
            seen = len(shown)
            os.write(terminal, f"{waiting.pop(0)()}\n".encode())
    os.close(terminal)
    return running.wait(PATIENCE), shown.decode()


def _read(terminal: int, deadline: float) -> bytes:
    assert select.select([terminal], [], [], deadline - time.monotonic())[0], "the command says nothing more"
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""  # Linux's way to say that the other side has closed


def stored(house: House) -> int:
    with tenant_scope(house.here.id):
        return Record.objects.count()


def answer(text: str) -> Callable[[], str]:
    return lambda: text


RIGHT = [answer(PASSWORD), lambda: totp_code(TOTP_SECRET)]


def test_the_pharmacist_types_password_and_code_and_neither_is_shown(house, command):
    code: list[str] = []

    def typed() -> str:
        code.append(totp_code(TOTP_SECRET))
        return code[0]

    status, shown = at_terminal(command(house.owner), [answer(PASSWORD), typed], run=begin_at)

    assert (status, stored(house)) == (0, 1), shown
    assert "stored: 1" in shown
    assert PASSWORD not in shown
    assert code[0] not in shown


def test_a_mistyped_password_may_be_typed_again(house, command):
    status, shown = at_terminal(command(house.owner), [answer("faux"), answer("000000"), *RIGHT])

    assert (status, stored(house)) == (0, 1), shown


def test_after_three_wrong_tries_nothing_is_signed_nor_said_which_was_wrong(house, command):
    wrong = [answer(PASSWORD), answer("000000"), answer("faux"), *RIGHT[1:], answer(""), answer("")]

    status, shown = at_terminal(command(house.owner), wrong)

    assert (status, stored(house)) == (2, 0)
    assert "Password or code is wrong." in shown


@pytest.mark.parametrize("who", ["stranger", "colleague"])
def test_whoever_may_not_sign_here_signs_nothing_even_when_proven(house, command, who):
    status, shown = at_terminal(command(getattr(house, who)), list(RIGHT))

    assert (status, stored(house)) == (2, 0), shown


def test_without_a_terminal_no_script_signs(house, command):
    done = subprocess.run(
        [*BEGIN, *command(house.owner)],
        input=f"{PASSWORD}\n{totp_code()}\n",
        capture_output=True,
        text=True,
        start_new_session=True,
    )

    assert (done.returncode, stored(house)) == (2, 0)
    assert "A terminal is needed" in done.stderr


def test_the_owner_lists_the_persons_of_a_breach_and_a_colleague_sees_none(house, real_site):
    make_patient(house.owner)
    line = ["breach", "persons", "--data", str(real_site.parent)]
    line += ["--pharmacy", house.here.finess, "--by"]

    again = [*RIGHT, *RIGHT]  # a code may end between being read and being judged
    status, shown = at_terminal([*line, person_of(house.owner).email], list(again))
    refused, nothing = at_terminal([*line, person_of(house.colleague).email], list(again))

    assert (status, "PAT-TROIS" in shown, PASSWORD in shown) == (0, True, False), shown
    assert (refused, "PAT-TROIS" in nothing) == (2, False), nothing
