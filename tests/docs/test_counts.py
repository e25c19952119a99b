"""Numbers that the documentation says in words or figures are those of the product."""

from __future__ import annotations

import re
import tomllib
from http import HTTPStatus
from pathlib import Path

import pytest

from temoin.catalogue.kinds import counter_kinds
from temoin.settings.channels import all_channels
from temoin.settings.file import Process

ROOT = Path(__file__).resolve().parents[2]
WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
RUNNING = {Process.STAFF, Process.PORTAL, Process.WORKER, Process.SEALER, Process.KEEPER}
COMMANDS = {Process.STAFF: "web", Process.KEEPER: "reaper"}  # the others are called as their process is
TOLD = {
    "couriers": ("docs/index.md", r"by (\w+) couriers", len(all_channels())),
    "processes that run": ("docs/operator.md", r"restart the (\w+) processes", len(RUNNING)),
    "units": ("docs/operator.md", r"One unit for each of the (\w+) processes", len(RUNNING)),
}


@pytest.mark.parametrize("what", TOLD)
def test_a_number_told_is_the_true_one(what):
    page, pattern, true = TOLD[what]

    told = re.findall(pattern, (ROOT / page).read_text(encoding="utf-8"))

    assert told
    assert set(told) == {WORDS[true]}


def test_every_process_has_its_unit():
    """Who follows the page to the letter runs the sealer, too: without it nothing is witnessed."""
    text = (ROOT / "docs/operator.md").read_text(encoding="utf-8")
    unit = text[text.index("One unit for each") : text.index("## 5. Pharmacies")]

    assert [process.value for process in RUNNING if f"`{COMMANDS.get(process, process.value)}`" not in unit] == []


def test_every_key_is_on_the_help_page_and_in_both_guides():
    templates = ROOT / "src/temoin/web/templates"
    pages = "".join(path.read_text(encoding="utf-8") for path in templates.rglob("*.html"))
    letters = {key.upper() for key in re.findall(r'accesskey="(\w)"', pages)}
    most = max(len(target.outcomes) for kind in counter_kinds() for target in kind.targets)
    told = {
        templates / "web/help.html": (r"<kbd>Alt</kbd> \+ <kbd>(\w)</kbd>", r"<kbd>(\d)</kbd></dt>"),
        ROOT / "docs/pharmacist.md": (r"^\| `Alt` \+ `(\w)`", r"^\| `1` to `(\d)`"),
        ROOT / "docs/pharmacien.md": (r"^\| `Alt` \+ `(\w)`", r"^\| `1` à `(\d)`"),
    }

    for path, (letter, digit) in told.items():
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(letter, text, re.MULTILINE)) == letters, path.name
        assert re.findall(digit, text, re.MULTILINE) == [str(most)], path.name


def test_every_decision_has_a_status_and_names_what_superseded_it():
    records = sorted((ROOT / "docs/decisions").glob("0*.md"))
    told = {
        path.name: re.findall(r"^\*\*Status\.\*\* (.+)$", path.read_text("utf-8"), re.MULTILINE) for path in records
    }

    assert [name for name, status in told.items() if len(status) != 1] == []
    for status in (status for (status,) in told.values() if status != "Accepted."):
        superseded_by = re.fullmatch(r"Superseded by \[0[0-9]{3}\]\((0[0-9]{3}-[a-z-]+\.md)\)\.", status)
        assert superseded_by is not None
        assert superseded_by[1] in told


def test_every_error_of_the_api_is_on_the_integrators_page():
    page = (ROOT / "docs/integrator.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([0-9]{3}) \| (`[a-z_`, ]+) \|", page, re.MULTILINE)
    told = {(int(status), code) for status, codes in rows for code in re.findall("[a-z_]+", codes)}
    source = (ROOT / "src/temoin/api/answers.py").read_text(encoding="utf-8")
    made = set(re.findall(r'HTTPStatus\.([A-Z_]+), "([a-z_]+)"', source))
    by_server = {(503, "busy"), (408, "too_slow"), (413, "too_large")}  # before any call is read (`serving`)

    assert {(HTTPStatus[name].value, code) for name, code in made} | by_server == told


def test_every_package_and_page_tells_the_same_version():
    made = {
        path.parent.name: tomllib.loads(path.read_text(encoding="utf-8"))["project"]["version"]
        for path in [ROOT / "pyproject.toml", *ROOT.glob("packages/*/pyproject.toml")]
    }
    version = r"(?:[Vv]ersion |temoin_)([0-9]+\.[0-9]+\.[0-9]+)"
    told = {
        page: set(re.findall(version, (ROOT / page).read_text(encoding="utf-8")))
        for page in ("README.md", "docs/index.md", "docs/install.md")
    }

    assert len(set(made.values())) == 1
    assert told == {page: set(made.values()) for page in told}
