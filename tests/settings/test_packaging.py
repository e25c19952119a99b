"""The files of an installation: units that systemd takes and that may do little, accounts, folders and the proxies."""

from __future__ import annotations

import configparser
import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from measures_shown import SHOWN
from programs import need

from temoin.cli.check import PROCESSES
from temoin.cli.init import WRITERS
from temoin.cli.main import build_parser
from temoin.cli.serve import BODY_AT, LARGE_AT, LARGEST, LARGEST_AT
from temoin.serving.pace import TransferPace
from temoin.settings.checks import secrets_of
from temoin.settings.file import Process, read_config
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports

PACKAGING = Path(__file__).parents[2] / "packaging"
UNITS = sorted(PACKAGING.glob("systemd/*.service"))
NGINX, CADDY = ("temoin.conf", "temoin-authority.conf"), ("Caddyfile", "authority.caddy")
MOST_EXPOSED = 2.0  # of ten, as systemd-analyze counts
PROGRAM = "/opt/temoin/bin/temoin"


def words_of(unit: Path) -> dict[str, list[str]]:
    """Return each setting of a unit with its values, in order."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def name_of(unit: Path) -> str:
    return unit.stem.removeprefix("temoin-")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they would lie, with a program that is there."""
    for unit in PACKAGING.glob("systemd/*"):
        text = unit.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    return tmp_path


def test_systemd_takes_every_unit(installed: Path):
    files = [str(file) for file in installed.iterdir()]
    command = [need("systemd-analyze", "/usr/bin/systemd-analyze"), "verify", *files]

    answer = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (answer.returncode, [line for line in answer.stderr.splitlines() if "temoin" in line]) == (0, [])


@pytest.mark.parametrize("unit", UNITS, ids=name_of)
def test_a_unit_may_do_little(installed: Path, unit: Path):
    command = [need("systemd-analyze", "/usr/bin/systemd-analyze"), "security", "--offline=true", installed / unit.name]

    answer = subprocess.run(command, capture_output=True, text=True, check=False)

    exposed = re.search(r"exposure level for \S+: ([0-9.]+)", answer.stdout)
    assert exposed is not None, answer.stderr
    assert float(exposed[1]) <= MOST_EXPOSED


@pytest.mark.parametrize("unit", UNITS, ids=name_of)
def test_a_unit_checks_before_its_start_and_is_handed_what_its_process_reads(tmp_path: Path, unit: Path):
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(9480))
    config = read_config(tmp_path / "temoin.toml")
    process = PROCESSES[name_of(unit)]
    words = words_of(unit)

    handed = {value.partition(":")[0] for value in words["LoadCredential"]}
    needed = {path.name for _, path in secrets_of(config, process)} - {"register.key"}

    assert words["ExecStartPre"] == [f"{PROGRAM} check --as {name_of(unit)}"]
    assert words["ExecStart"] == [f"{PROGRAM} {name_of(unit)}"]
    build_parser().parse_args(words["ExecStart"][0].split()[1:])
    assert needed <= handed
    assert handed - needed <= {"mail.password", "certificates.key", "hl7.key"}
    assert words["User"] == words["Group"] == [f"temoin-{name_of(unit)}"]


def test_each_process_that_serves_has_its_unit_and_its_account():
    accounts = re.findall(r"^u (\S+)", (PACKAGING / "sysusers.d/temoin.conf").read_text(encoding="utf-8"), re.MULTILINE)
    target = (PACKAGING / "systemd/temoin.target").read_text(encoding="utf-8")

    assert sorted(accounts) == sorted(unit.stem for unit in UNITS)
    assert {PROCESSES[name_of(unit)] for unit in UNITS} == set(Process) - {Process.OWNER}
    assert all(unit.name in target for unit in UNITS)


def test_folders_belong_to_those_who_write_in_them():
    lines = (PACKAGING / "tmpfiles.d/temoin.conf").read_text(encoding="utf-8").splitlines()
    owners = {Path(line.split()[1]).name: line.split()[3] for line in lines if line.startswith("d ")}

    assert {name: owners[name] for name in WRITERS} == WRITERS
    assert "0700 root" in re.sub(r"\s+", " ", next(line for line in lines if "/keys" in line))


def test_nginx_takes_its_file(tmp_path: Path):
    text = "".join((PACKAGING / "nginx" / name).read_text(encoding="utf-8") for name in NGINX)
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=temoin"]
    command += ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "chain.pem")]
    subprocess.run(command, check=True, capture_output=True)
    text = re.sub(r"/etc/letsencrypt/\S+/fullchain.pem", str(tmp_path / "chain.pem"), text)
    text = re.sub(r"/etc/letsencrypt/\S+/privkey.pem", str(tmp_path / "key.pem"), text)
    # What Debian's own file has said by then: a second word about it there would be refused.
    theirs = (
        "access_log off; ssl_protocols TLSv1.2 TLSv1.3; server_tokens build; ssl_prefer_server_ciphers off; gzip on;"
    )
    main = f"pid {tmp_path}/pid; error_log stderr; events {{}}\nhttp {{ {theirs}\n{text}\n}}\n"
    (tmp_path / "nginx.conf").write_text(main, encoding="utf-8")

    words = [need("nginx", "/usr/sbin/nginx"), "-t", "-q", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    answer = subprocess.run(words, capture_output=True, text=True, check=False)

    told = [line for line in answer.stderr.splitlines() if 'the "listen ... http2" directive is deprecated' not in line]
    assert (answer.returncode, told) == (0, [])


def test_nginx_writes_nothing_of_a_body_or_an_answer_to_its_own_files():
    text = (PACKAGING / "nginx/temoin.conf").read_text(encoding="utf-8")
    text += (PACKAGING / "nginx/temoin-authority.conf").read_text(encoding="utf-8")
    servers = [block for block in re.split(r"^server \{", text, flags=re.MULTILINE)[1:] if "proxy_pass" in block]

    assert len(servers) == 3
    for server in servers:
        of_server = re.sub(r"location [^{]*\{[^}]*\}", "", server)
        for words in ("proxy_request_buffering off;", "proxy_buffering off;", "proxy_max_temp_file_size 0;"):
            assert words in of_server, words
        for words in ("_buffering on", "proxy_cache", "proxy_store", "client_body_in_file_only"):
            assert words not in text, words


def test_every_alarm_asks_for_measures_that_exist_and_has_its_paragraph():
    rules = yaml.safe_load((PACKAGING / "prometheus/temoin-alerts.yml").read_text(encoding="utf-8"))
    alarms = [rule for group in rules["groups"] for rule in group["rules"]]
    docs = (PACKAGING.parent / "docs/operator.md").read_text(encoding="utf-8")

    assert len(alarms) > 10
    assert [alarm["alert"] for alarm in alarms] == re.findall(r"^#### (Temoin\w+)$", docs, re.MULTILINE)
    for alarm in alarms:
        assert measures_in(alarm["expr"]) <= set(SHOWN), alarm["alert"]
        assert alarm["annotations"]["runbook_url"].endswith(f"#{alarm['alert'].lower()}")
        assert alarm["labels"]["severity"] in {"critical", "warning"}


def test_the_board_shows_measures_that_exist():
    board = json.loads((PACKAGING / "grafana/temoin.json").read_text(encoding="utf-8"))

    shown = {name for panel in board["panels"] for target in panel["targets"] for name in measures_in(target["expr"])}

    assert len(board["panels"]) > 10
    assert shown <= set(SHOWN)


def measures_in(expression: str) -> set[str]:
    return {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in re.findall(r"temoin_\w+", expression)}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool on this machine")
def test_prometheus_takes_the_alarms():
    command = ["promtool", "check", "rules", str(PACKAGING / "prometheus/temoin-alerts.yml")]

    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(shutil.which("caddy") is None, reason="no Caddy on this machine")
def test_caddy_takes_its_file():
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(PACKAGING / "caddy/Caddyfile")]

    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_both_proxies_write_who_asks_and_that_it_came_by_tls():
    for file in ("nginx/temoin.conf", "caddy/Caddyfile"):
        text = (PACKAGING / file).read_text(encoding="utf-8")
        assert "X-Forwarded-Proto https" in text, file
        assert "X-Forwarded-For" in text, file


def blocks(text: str, head: str) -> list[str]:
    """Return what stands within braces after each line that has `head`, to the brace that closes it."""
    found = []
    for match in re.finditer(rf"^\s*{head}\s*{{\n", text, re.MULTILINE):
        rest = text[match.end() :]
        depths = itertools.accumulate({"{": 1, "}": -1}.get(sign, 0) for sign in rest)
        found.append(rest[: next(place for place, depth in enumerate(depths) if depth < 0)])
    return found


def seconds_and_bytes(block: str, time: str, size: str) -> tuple[int, int]:
    """Return how long and how many bytes a proxy takes, by the names of its two directives."""
    (longest, *_), (largest, *_) = (re.findall(rf"\b{name} ([0-9]+)(\w+)", block) for name in (time, size))
    units = {"s": 1, "k": 2**10, "m": 2**20, "KB": 10**3, "MB": 10**6}
    return int(longest[0]) * units[longest[1]], int(largest[0]) * units[largest[1]]


UPSTREAM = {
    Process.STAFF: "http://temoin_web",
    Process.PORTAL: "http://temoin_portal",
    Process.AUTHORITY: "http://temoin_authority",
}
NAME = {
    Process.STAFF: "temoin.example.fr",
    Process.PORTAL: "resultat.example.fr",
    Process.AUTHORITY: "autorite.example.fr",
}


def taken_by_nginx(path: str, process: Process) -> tuple[int, int]:
    text = "".join((PACKAGING / "nginx" / name).read_text(encoding="utf-8") for name in NGINX)
    (server,) = (one for one in blocks(text, "server") if UPSTREAM[process] in one)
    place = next(iter(blocks(server, f"location = {path}")), "")  # what it says counts before what the server says
    return seconds_and_bytes(place + server.partition("location")[0], "client_body_timeout", "client_max_body_size")


def taken_by_caddy(path: str, process: Process) -> tuple[int, int]:
    text = "".join((PACKAGING / "caddy" / name).read_text(encoding="utf-8") for name in CADDY)
    (site,) = blocks(text, NAME[process])
    matched = re.search(rf"(@\w+) path (?:\S+ )*{re.escape(path)}(?: \S+)*\n", site)
    named = f"request_body {matched[1] if matched else '@other'}"
    (body,) = blocks(site, named) or blocks(site, "request_body")
    return seconds_and_bytes(text.partition("(temoin)")[0] + body, "read_body", "max_size")


@pytest.mark.parametrize("process", list(UPSTREAM))
@pytest.mark.parametrize("taken", [taken_by_nginx, taken_by_caddy])
def test_both_proxies_let_through_what_the_server_takes(
    taken: Callable[[str, Process], tuple[int, int]], process: Process
):
    at, largest = LARGEST_AT[process] | LARGE_AT[process], LARGEST[process]
    body = BODY_AT[process] | dict.fromkeys(LARGE_AT[process], TransferPace.large_body)

    assert largest <= taken("/", process)[1] <= 2 * largest
    for path in {"/": 0, **at, **body}:
        seconds, size = taken(path, process)
        assert size >= at.get(path, largest), path
        assert seconds >= body.get(path, TransferPace.body), path


def test_the_units_are_written_as_systemd_reads_them():
    for unit in UNITS:
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.read_string(unit.read_text(encoding="utf-8"))
        assert parser.sections() == ["Unit", "Service", "Install"]
