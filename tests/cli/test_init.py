"""`temoin init`: from an empty folder and an empty database to a site that answers, and nothing written over."""

from __future__ import annotations

import hmac
import os
import socketserver
import struct
import subprocess
import sys
import threading
from base64 import b64decode
from hashlib import pbkdf2_hmac, sha256
from pathlib import Path

import psycopg
import pytest
from programs import need

from temoin.cli.main import main
from temoin.settings.database import DATABASE_ROLES
from temoin.settings.file import read_config
from temoin.site.database_role import findings_as
from temoin.site.roles_script import password_statements, scram_verifier
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

FLAGS = {
    "--staff-url": "https://temoin.example.fr",
    "--portal-url": "https://resultat.example.fr",
    "--database": "db1.example.fr,db2.example.fr:5433",
    "--host-name": "Pharmacie du Marché",
    "--mail-host": "smtp.example.fr",
    "--mail-sender": "ne-pas-repondre@example.fr",
    "--operator": "exploitant@example.fr",
}


def init(folder: Path, **changes: str | None) -> int:
    flags = {
        **FLAGS,
        "--data": str(folder),
        **{f"--{name.replace('_', '-')}": value for name, value in changes.items()},
    }
    return main(["init", *[word for name, value in flags.items() if value is not None for word in (name, value)]])


def test_a_new_folder_holds_settings_keys_and_folders_with_their_modes(tmp_path: Path, capsys):
    password = tmp_path / "mail"
    password.write_text("q7Lw2xVr9TzKp4Nc8YbM\n", encoding="ascii")
    folder = tmp_path / "site"

    assert init(folder, mail_user="temoin", mail_password_file=str(password)) == 0

    config = read_config(folder / "temoin.toml")
    modes = {path.relative_to(folder).as_posix(): path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    secret = [f"keys/{role}.password" for role in DATABASE_ROLES]
    secret += ["keys/root.key", "keys/journal.key", "keys/django.key", "keys/authority.key", "keys/mail.password"]
    assert modes == {
        "temoin.toml": 0o644,
        "keys": 0o700,
        "checkpoints": 0o755,
        "ledger": 0o755,
        **dict.fromkeys(secret, 0o600),
    }
    assert config.database.way["port"] == "5432,5433"
    assert config.hosting is not None
    assert config.hosting.self_hosted
    assert config.journal.origin == "temoin.example.fr/journal"
    told = capsys.readouterr()
    for path in secret:
        content = (folder / path).read_bytes().decode("latin-1").strip()
        assert content not in told.out + told.err


def test_the_sql_has_a_verifier_for_each_role_and_stands_alone(tmp_path: Path, capsys):
    init(tmp_path / "site")

    sql = capsys.readouterr().out
    assert sql.startswith("-- The roles and the database of Témoin")
    assert [f"ALTER ROLE temoin_{role} PASSWORD 'SCRAM-SHA-256$4096:" in sql for role in DATABASE_ROLES] == [True] * 7


def test_psql_makes_of_it_what_a_superusers_connection_would(tmp_path: Path, capsys, embedded_server: EmbeddedServer):
    init(tmp_path / "site")
    script = capsys.readouterr().out
    conninfo = embedded_server.conninfo(SUPERUSER, embedded_server.superuser_password())
    words = [need("psql", "/usr/bin/psql"), "-q", "-v", "ON_ERROR_STOP=1", conninfo]
    # The roles of the tests keep their passwords: what gives new ones is rolled back.
    *rest, passwords = script.partition("ALTER ROLE temoin_owner PASSWORD")
    dry = f"BEGIN; {''.join([rest[-1], passwords])} ROLLBACK;"

    made = subprocess.run(words, input=rest[0], capture_output=True, text=True, check=False)
    given = subprocess.run(words, input=dry, capture_output=True, text=True, check=False)

    assert (made.returncode, given.returncode) == (0, 0), made.stderr + given.stderr


def test_the_sql_that_went_nowhere_is_had_again_and_nothing_else_is_new(tmp_path: Path, capsys):
    init(tmp_path / "site")
    first = capsys.readouterr().out
    with (tmp_path / "site" / "temoin.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[rates]\nfhir = 5\n")
    kept = {path: path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file()}

    assert init(tmp_path / "site") == 0

    assert capsys.readouterr().out.partition("PASSWORD")[0] == first.partition("PASSWORD")[0]
    assert {path: path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file()} == kept


def test_nothing_is_written_over(tmp_path: Path, capsys):
    init(tmp_path / "site")
    before = (tmp_path / "site" / "temoin.toml").read_bytes()

    assert init(tmp_path / "site", host_name="Autre") == 2

    assert "nothing is written over" in capsys.readouterr().err
    assert (tmp_path / "site" / "temoin.toml").read_bytes() == before


def test_what_failed_half_way_is_run_again_with_the_same_keys(tmp_path: Path, capsys):
    wrong = f"host={tmp_path} user=postgres connect_timeout=2"
    assert init(tmp_path / "site", superuser=wrong) == 2
    root = (tmp_path / "site" / "keys" / "root.key").read_bytes()

    assert "could not make the roles (" in capsys.readouterr().err
    assert init(tmp_path / "site") == 0
    assert (tmp_path / "site" / "keys" / "root.key").read_bytes() == root


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"staff_url": None, "operator": None}, "Say --staff-url, --operator"),
        ({"staff_url": "http://temoin.example.fr"}, "must be https"),
        ({"portal_url": "https://temoin.example.fr"}, "portal_url"),
        ({"database": "db:no"}, "must be a name, name:port"),
        ({"mail_security": "none"}, "may be none on this machine only"),
        ({"operator": "nobody"}, "must be an e-mail address"),
        ({"hds_certificate": "HDS-1"}, "go together"),
        ({"mail_user": "temoin"}, "Say --mail-password-file"),
    ],
)
def test_each_fault_is_a_sentence_and_leaves_nothing_behind(tmp_path: Path, capsys, changes, words):
    assert init(tmp_path / "site", **changes) == 2

    assert words in capsys.readouterr().err
    assert not (tmp_path / "site" / "temoin.toml").exists()


def test_keys_never_begin_in_a_git_checkout(tmp_path: Path, capsys):
    (tmp_path / ".git").mkdir()

    assert init(tmp_path / "site") == 2
    assert "would be committed: move it out" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_a_verifier_is_that_of_rfc_5803():
    method, rounds_salt, keys = scram_verifier("q7Lw2xVr9TzKp4Nc8YbM").split("$")
    rounds, salt = rounds_salt.split(":")
    stored, server = (b64decode(part) for part in keys.split(":"))

    salted = pbkdf2_hmac("sha256", b"q7Lw2xVr9TzKp4Nc8YbM", b64decode(salt), int(rounds))
    assert method == "SCRAM-SHA-256"
    assert stored == sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    assert server == hmac.digest(salted, b"Server Key", "sha256")
    assert len(password_statements({"app": "x" * 20})) == 1


def test_a_unit_starts_while_the_database_is_away_and_the_whole_check_finds_it(tmp_path: Path, capsys):
    folder = tmp_path / "site"
    init(folder, database="127.0.0.1:1", mail_host="127.0.0.1", mail_security="none")
    capsys.readouterr()

    as_unit = main(["check", "--as", "worker", "--data", str(folder)]), capsys.readouterr().out
    as_whole = main(["check", "--data", str(folder)]), capsys.readouterr().out

    assert (as_unit[0], as_whole[0]) == (0, 1)
    assert "\nThe database does not answer at 127.0.0.1" in as_unit[1]
    assert as_whole[1].count("- The database does not answer at 127.0.0.1") == 1


class Starting(socketserver.StreamRequestHandler):
    """What a server says while it starts: SSL and GSS are not offered, and nobody is let in yet."""

    OFFERS = (80877103, 80877104)

    def handle(self) -> None:
        length, code = struct.unpack("!II", self.rfile.read(8))
        while code in self.OFFERS:
            self.wfile.write(b"N")
            length, code = struct.unpack("!II", self.rfile.read(8))
        self.rfile.read(length - 8)
        fields = b"SFATAL\0C57P03\0Mthe database system is starting up\0\0"
        self.wfile.write(b"E" + struct.pack("!I", len(fields) + 4) + fields)


def test_a_server_that_is_starting_keeps_no_role_out_and_no_unit_from_its_start(tmp_path: Path, capsys):
    folder = tmp_path / "site"
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Starting) as server:
        threading.Thread(target=server.serve_forever).start()
        init(folder, database=f"127.0.0.1:{server.server_address[1]}", mail_host="127.0.0.1", mail_security="none")
        capsys.readouterr()
        status, told = main(["check", "--as", "worker", "--data", str(folder)]), capsys.readouterr().out
        server.shutdown()

    assert status == 0
    assert "The database does not answer at 127.0.0.1" in told
    assert "does not let" not in told


def test_a_process_waits_for_a_server_that_does_not_answer_for_as_long_as_it_takes(tmp_path: Path):
    init(tmp_path / "site", database="127.0.0.1:1", mail_host="127.0.0.1", mail_security="none")
    config = read_config(tmp_path / "site" / "temoin.toml")
    met: list[Exception] = []

    def wait(error: Exception) -> None:
        met.append(error)
        if len(met) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        findings_as(config, "app", lambda _: [], patience=0.0, wait=wait)


def test_from_nothing_to_the_first_page(tmp_path: Path):
    server = EmbeddedServer(tmp_path / "server", options={"fsync": "off"})
    server.ensure_initialised()
    server.start()
    folder = tmp_path / "site"
    try:
        conninfo = server.conninfo(SUPERUSER, server.superuser_password())
        where = {"database": str(server.socket_folder()), "mail_host": "127.0.0.1", "mail_security": "none"}
        assert init(folder, superuser=conninfo, **where) == 0
        with psycopg.connect(conninfo, dbname="temoin") as superuser:
            superuser.execute("ALTER DATABASE temoin SET synchronous_commit = 'on'")
        before, migrated, after = (run(folder, *words) for words in (["check"], ["migrate"], ["check", "--as", "web"]))
        page = run(folder, code=FIRST_PAGE)
    finally:
        server.stop()

    assert "has no tables of this version of Témoin yet: run temoin migrate" in before.stdout
    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert "fsync is off on the database server" in after.stdout
    assert "Findings: 1." in after.stdout
    assert page.stdout.split() == ["200", "200"], page.stderr


FIRST_PAGE = """
from pathlib import Path
from temoin.cli.django_process import become
from temoin.settings.file import Process
become(Process.STAFF, Path({folder!r}))
from django.core.management import call_command
from django.test import Client
call_command("collectstatic", interactive=False, verbosity=0)
client = Client(headers={{"host": "temoin.example.fr", "x-forwarded-proto": "https"}})
print(client.get("/readyz").status_code, client.get("/account/sign-in/").status_code)
"""


def run(folder: Path, *words: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    command = (
        ["-c", code.format(folder=str(folder))] if code else ["-m", "temoin.cli.main", *words, "--data", str(folder)]
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TEMOIN_", "DJANGO_"))}
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, env=environment)
