"""The tutorial, run from top to bottom as it stands on its page, with the pages' part done in a browser."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import all_of, launched, profile
from playwright.sync_api import sync_playwright
from running_demo import Running, SharedDemo
from shown_blocks import ROOT

PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
BLOCK = re.compile(r"^```(sh|python|js)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TOLD = "export TEMOIN="  # the block that tells the examples where, and as whom
LET_IN, SIGNED = "## 3. The owner lets the program in", "## 5. A pharmacist signs"

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs Debian's nodejs")


@pytest.fixture
def running(shared_demo: SharedDemo) -> Running:
    return shared_demo.running()


@pytest.fixture
def browser() -> Iterator:
    with sync_playwright() as driver:
        one = launched(driver)
        yield one
        one.close()


class Reader:
    """Somebody who types what the page shows, in one folder and one terminal."""

    def __init__(self, folder: Path, running: Running) -> None:
        self.folder, self.running, self.exported, self.typed = folder, running, "", ""
        (folder / "bin").mkdir()
        (folder / "bin" / "python").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        (folder / "bin" / "python").chmod(0o755)

    def read(self, part: str, told: dict[str, str]) -> str:
        """Do what the blocks of a part of the page say, in one terminal; return what is shown."""
        typed = ""
        for kind, block in BLOCK.findall(part):
            if block.startswith(TOLD):
                for written, meant in told.items():
                    assert written in block
                    block = block.replace(written, meant)
                self.exported = block
            if kind == "sh":
                typed += block
            else:  # saved under the name in its first line
                (self.folder / re.match(r"\S+ (\S+)", block)[1]).write_text(block, "utf-8")
        return self.run(self.exported + typed)

    def run(self, script: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TEMOIN")}
        environment["PATH"] = f"{self.folder / 'bin'}:{environment['PATH']}"
        command = ["bash", "-c", f"set -euo pipefail\n{script}"]
        ended = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, (ended.stdout, ended.stderr)
        return ended.stdout

    def code(self, email: str) -> str:
        command = [sys.executable, "-m", "temoin.cli.main", "demo-code", "--data", str(self.running.data), email]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def signed_in(self, browser, profession: str):
        """A tab of somebody of the demonstration's first pharmacy."""
        told = self.running.ready()
        account = next(one for one in told["accounts"] if one["profession"] == profession)
        tab = profile(browser, base_url=told["addresses"]["staff"], locale="fr-FR").new_page()
        tab.goto("/")
        tab.fill("[name=login]", account["email"])
        tab.fill("[name=password]", account["password"])
        tab.press("[name=password]", "Enter")
        tab.fill("[name=code]", self.code(account["email"]))
        tab.press("[name=code]", "Enter")
        tab.wait_for_url("**/")
        return tab


def test_every_block_runs_as_it_stands_and_the_result_is_signed(running, browser, tmp_path):
    reader = Reader(tmp_path, running)
    key, rest = PAGE.split(LET_IN)
    examples, after = rest.split(SIGNED)

    public = reader.read(key, {})
    client_id = let_in(reader, browser, public)
    staff = running.ready()["addresses"]["staff"]
    verdicts = reader.read(examples, {"http://localhost:8600": staff, "CLIENT-ID": client_id})
    sign(reader, browser)
    became = reader.read(after, {})

    assert re.findall(r'"taken": ?(\w+)', verdicts) == ["true"] * 3, verdicts
    assert re.match(r"\S+ signed \w+", became), became


def let_in(reader: Reader, browser, public: str) -> str:
    """Do step 3, and return the client id that the page shows."""
    tab = reader.signed_in(browser, "titulaire")
    for link in ("Équipe", "Logiciels qui ont accès pour l’officine"):
        tab.get_by_role("link", name=link, exact=True).first.click()
    tab.fill("[name=name]", "Mon premier logiciel")
    tab.fill("[name=public_key]", public)
    for tick in all_of(tab, "[name^=scope-]"):
        tick.check()
    tab.get_by_role("button", name="Donner accès").click()
    row = tab.locator("tr", has_text="Mon premier logiciel")
    return re.search(r"[0-9a-f-]{36}\.[0-9a-f-]{36}", row.inner_text())[0]


def sign(reader: Reader, browser) -> None:
    """Do step 5."""
    tab = reader.signed_in(browser, "adjoint")
    tab.click("a[href='/proposals/']")
    for tick in all_of(tab, "label.tick input"):
        tick.check()
    tab.get_by_role("button", name="Signer ce qui est coché").click()
    tab.wait_for_selector("text=Rien n’est proposé.")
