"""Where a demonstration may live."""

import socket
from pathlib import Path

import pytest

from temoin.cli.database_server import database_running
from temoin.cli.django_process import default_folder
from temoin.cli.main import main
from temoin.lib.config_error import ConfigError
from temoin_demo.folder import open_folder, write_settings
from temoin_demo.ports import Ports


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
