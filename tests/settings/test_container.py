"""The image and its compose file, read without an engine: what they name exists, and each process is handed its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from temoin.cli.init import FOLDER, STATE
from temoin.cli.main import build_parser
from temoin.settings.database import DATABASE_ROLES

ROOT = Path(__file__).parents[2]
CONTAINER = ROOT / "packaging/container"
COMPOSE = yaml.safe_load((CONTAINER / "compose.yaml").read_text("utf-8"))
FILE = (CONTAINER / "Containerfile").read_text("utf-8").replace("\\\n", " ")
PROCESSES = {name for name, told in COMPOSE["services"].items() if name == (told.get("command") or [""])[0]}
OPTIONAL = {"mail.password", "certificates.key"}  # only where the settings name them


def handed_by_unit(process: str) -> set[str]:
    unit = (ROOT / f"packaging/systemd/temoin-{process}.service").read_text("utf-8")
    return set(re.findall(r"^LoadCredential=([^:]+):", unit, re.MULTILINE)) - OPTIONAL


def test_the_processes_are_those_of_the_target():
    target = (ROOT / "packaging/systemd/temoin.target").read_text("utf-8")

    assert set(re.findall(r"temoin-(\w+)\.service", target.partition("After=")[0])) == PROCESSES


@pytest.mark.parametrize("process", sorted(PROCESSES))
def test_a_process_runs_a_command_that_exists_with_the_secrets_of_its_unit_and_little_else(process: str):
    service = COMPOSE["services"][process]

    build_parser().parse_args(service["command"])
    assert set(service["secrets"]) == handed_by_unit(process)
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not [place for place in service["volumes"] if "keys" in place or place.startswith("./site:")]


def test_every_secret_is_one_that_init_makes():
    made = {f"{role}.password" for role in DATABASE_ROLES} | {"root.key", "journal.key", "django.key"}
    named = {name: told["file"] for name, told in COMPOSE["secrets"].items()}
    superuser = named.pop("superuser.password")

    assert set(named) <= made
    assert all(file == f"./site/keys/{name}" for name, file in named.items())
    assert superuser == "./superuser.password"
    assert set(named) == set().union(*(COMPOSE["services"][process]["secrets"] for process in PROCESSES))


def test_every_folder_and_network_and_file_that_is_named_is_there():
    inside = {f"{FOLDER}", f"{FOLDER}/temoin.toml", f"{STATE}", f"{STATE}/checkpoints", f"{STATE}/ledger"}
    for name, service in COMPOSE["services"].items():
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        for volume in service["volumes"]:
            here, there = volume.split(":")[:2]
            if name in {*PROCESSES, "operator"}:
                assert there in inside
            elif here.startswith("."):
                assert (CONTAINER / here).exists()
            else:
                assert here in COMPOSE["volumes"]


def test_the_proxy_is_told_where_the_sites_listen():
    caddy = (ROOT / "packaging/caddy/Caddyfile").read_text("utf-8")

    for variable, place in COMPOSE["services"]["proxy"]["environment"].items():
        process, _, port = place.partition(":")
        assert build_parser().parse_args(COMPOSE["services"][process]["command"]).port == int(port)
        assert f"import temoin {{${variable}:127.0.0.1:{port}}}" in caddy


def test_the_image_is_built_in_stages_of_files_that_exist_and_runs_without_rights():
    copied = [words.split() for words in re.findall(r"^COPY (?!--from)(.*)$", FILE, re.MULTILINE)]
    ignored = (CONTAINER / "Containerfile.dockerignore").read_text("utf-8").splitlines()

    assert FILE.count("FROM ${BASE}") == 2
    assert [name for *names, _ in copied for name in names if not (ROOT / name).exists()] == []
    assert {f"!{name}" for *names, _ in copied for name in names} == {line for line in ignored if line.startswith("!")}
    assert "--require-hashes" in FILE
    assert re.findall(r"^USER (.*)$", FILE, re.MULTILINE) == ["10001:10001"]
    assert f"TEMOIN_CONFIG={FOLDER}/temoin.toml" in FILE
    assert 'ENTRYPOINT ["/opt/temoin/bin/temoin"]' in FILE


def test_no_image_is_the_latest_and_none_names_a_host_to_take_it_from():
    images = [service["image"] for service in COMPOSE["services"].values()] + re.findall(r"BASE=(\S+)", FILE)

    assert [image for image in images if "/" in image or (":" not in image and image != "temoin")] == []
    assert ":latest" not in "".join(images)


def test_the_authoritys_site_is_handed_the_secrets_of_its_unit_and_may_as_little():
    beside = yaml.safe_load((CONTAINER / "compose.authority.yaml").read_text("utf-8"))
    service, others = beside["services"]["authority"], COMPOSE["services"]["portal"]
    caddy = (ROOT / "packaging/caddy/authority.caddy").read_text("utf-8")
    ((variable, place),) = beside["services"]["proxy"]["environment"].items()

    asked = build_parser().parse_args(service["command"])
    same = ("image", "restart", "read_only", "cap_drop", "security_opt", "environment", "tmpfs", "networks")
    assert {name: service[name] for name in same} == {name: others[name] for name in same}
    assert set(service["secrets"]) == set(beside["secrets"]) == handed_by_unit("authority")
    assert place == f"authority:{asked.port}"
    assert f"import temoin {{${variable}:127.0.0.1:{asked.port}}}" in caddy
