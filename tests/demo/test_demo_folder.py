"""Where a demonstration may live."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from temoin.cli.database_server import database_running
from temoin.cli.django_process import default_folder
from temoin.cli.main import main
from temoin.lib.config_error import ConfigError
from temoin.settings.secrets import write_secret
from temoin_demo.accounts_file import accounts_path, recall_demonstration
from temoin_demo.folder import FOLDERS, open_folder, write_settings
from temoin_demo.ports import Ports
from temoin_demo.set_up import run_set_up


@pytest.mark.parametrize("mark", ["folder", "file"])
def test_a_folder_inside_a_checkout_is_refused(tmp_path: Path, mark: str):
    git = tmp_path / ".git"
    git.mkdir() if mark == "folder" else git.write_text("gitdir: elsewhere")

    with pytest.raises(ConfigError, match="inside the git checkout"):
        open_folder(tmp_path / "deep" / "data")

    assert not (tmp_path / "deep").exists()


def test_a_folder_others_may_enter_is_refused(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "something").touch()
    (tmp_path / "data").chmod(0o755)

    with pytest.raises(ConfigError, match="chmod 700"):
        open_folder(tmp_path / "data")


def test_a_real_site_is_refused(tmp_path: Path):
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(8600))
    settings = tmp_path / "temoin.toml"
    real = settings.read_text().replace("demo = true", "demo = false")
    settings.write_text(real.replace('rules = "demonstration"', 'rules = "us-elr"'))

    with pytest.raises(ConfigError, match="holds a real site"):
        open_folder(tmp_path)


@pytest.mark.parametrize("name", ["letters", ".ssh", "temoin.toml.old"])
def test_a_folder_that_holds_other_things_is_refused_and_left_alone(tmp_path: Path, name: str):
    (tmp_path / name).touch()
    tmp_path.chmod(0o700)

    with pytest.raises(ConfigError, match=rf"holds other things \({name}\)"):
        open_folder(tmp_path)

    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_what_an_interrupted_set_up_left_is_gone_on_with(tmp_path: Path):
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(8600))
    (tmp_path / "temoin.toml").rename(tmp_path / ".temoin.toml.4711")

    assert open_folder(tmp_path) == tmp_path


def test_a_ready_file_that_cannot_be_is_told_before_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = ["--data", str(tmp_path / "data"), "--base-port", "18700", "--ready-file", str(tmp_path / "no" / "file")]

    assert main(["demo", *words]) == 2

    assert capsys.readouterr().err == f"temoin: {tmp_path / 'no'} takes no file: choose another --ready-file.\n"


def test_a_new_folder_is_closed_to_others(tmp_path: Path):
    assert open_folder(tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_the_default_folder_respects_the_person(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")

    assert default_folder() == Path("/somewhere/temoin/demo")


def test_a_taken_port_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        base = taken.getsockname()[1]

        status = main(["demo", "--data", str(tmp_path / "data"), "--base-port", str(base)])

    assert status == 2
    assert f"Port {base} cannot be used" in capsys.readouterr().err


def test_a_process_without_settings_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.delenv("TEMOIN_CONFIG")

    assert main(["worker"]) == 2
    assert "set TEMOIN_CONFIG" in capsys.readouterr().err


def test_an_embedded_folder_without_database_is_told_in_a_sentence(tmp_path: Path):
    settings = tmp_path / "temoin.toml"
    settings.write_text('[database]\nembedded = "nowhere"\n', encoding="utf-8")

    with pytest.raises(ConfigError, match=r"holds no database"), database_running(settings):
        pass


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_what_stands_in_the_place_of_a_folder_is_told_before_the_start(tmp_path: Path, name: str):
    tmp_path.chmod(0o700)
    for number, put in enumerate((Path.touch, lambda place: place.symlink_to("/nowhere"))):
        put(tmp_path / name)

        with pytest.raises(ConfigError, match=rf"^\S+/{name} is in the place of a folder: [^\n]+--data\.$"):
            open_folder(tmp_path)

        (tmp_path / name).rename(tmp_path / f".temoin.toml.{number}")


@pytest.mark.parametrize("name", ["supervisor.lock", "temoin.toml"])
def test_what_stands_in_the_place_of_a_file_is_told_before_the_start(tmp_path: Path, name: str):
    tmp_path.chmod(0o700)
    (tmp_path / name).mkdir()

    with pytest.raises(ConfigError, match=rf"^\S+/{name} is no file [^\n]+--data\.$"):
        open_folder(tmp_path)


@contextmanager
def whom_a_folder_can_be_closed_to(folder: Path) -> Iterator[None]:
    """Be the folder's owner, and not root, who may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.chown(folder, 65534, 65534)
    for above in folder.parents:
        if above.name.startswith(("pytest", "popen")):
            above.chmod(0o711)
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_a_folder_that_is_closed_to_us_is_told_before_the_start(tmp_path: Path, name: str):
    tmp_path.chmod(0o700)
    with whom_a_folder_can_be_closed_to(tmp_path):
        (tmp_path / name).mkdir(mode=0o500)

        with pytest.raises(ConfigError, match=rf"may not read and write in \S+/{name}: "):
            open_folder(tmp_path)


def test_an_initdb_that_was_killed_is_gone_on_with(tmp_path: Path):
    tmp_path.chmod(0o700)
    (tmp_path / "database.new").mkdir()

    assert open_folder(tmp_path) == tmp_path


@pytest.mark.parametrize("content", ["", "[["])
def test_settings_that_are_none_are_told_in_one_sentence(tmp_path: Path, content: str):
    tmp_path.chmod(0o700)
    (tmp_path / "temoin.toml").write_text(content)

    with pytest.raises(ConfigError, match=r"^[^\n]*temoin\.toml[^\n]*$"):
        open_folder(tmp_path)


def _cut_key(data: Path) -> None:
    (data / "witness" / "witness.key").write_bytes(b"half")


def _garbled_password(data: Path) -> None:
    write_secret(data / "keys" / "django.key", b"\xff" * 32)


@pytest.mark.parametrize("spoil", [_cut_key, _garbled_password])
def test_a_spoilt_key_is_told_in_one_sentence(tmp_path: Path, spoil: Callable[[Path], None]):
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(8600))
    spoil(tmp_path)

    with pytest.raises(ConfigError, match=r"^[^\n]+: put its copy back\.$"):
        write_settings(tmp_path, Ports(8600))


def test_accounts_that_are_none_are_told_in_one_sentence(tmp_path: Path):
    (tmp_path / "keys").mkdir()
    write_secret(accounts_path(tmp_path), b"{")

    with pytest.raises(ConfigError, match=r"^[^\n]+demo-accounts\.json is not what the set-up wrote: [^\n]+$"):
        recall_demonstration(tmp_path)


def test_a_set_up_that_fails_is_told_by_its_own_sentence_alone(tmp_path: Path):
    with pytest.raises(ConfigError, match=rf"^The settings file {tmp_path}/none cannot be read [^\n]*$"):
        run_set_up({"TEMOIN_CONFIG": str(tmp_path / "none")}, "temoin.cli.main", "migrate", "--quiet")


@pytest.mark.parametrize("step", ["load", "appointments"])
def test_a_loading_that_fails_is_told_by_its_own_sentence_alone(tmp_path: Path, step: str):
    with pytest.raises(ConfigError, match=rf"^[^\n]*{tmp_path}[^\n]*$"):
        run_set_up({}, f"temoin_demo.{step}", str(tmp_path))
