"""The settings file: right, or refused with a sentence that says what to do."""

from pathlib import Path

import pytest

from temoin.delivery.channels.email.settings import EmailSecurity
from temoin.lib.config_error import ConfigError
from temoin.lib.section import is_loopback
from temoin.outbox.counter_bell import LIMITS
from temoin.settings.checks import check_setup, secrets_of
from temoin.settings.file import Process, read_config
from temoin.settings.secrets import make_password
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports
from temoin_demo.postgresql.roles import ROLES, password_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(8600))
    for role in ROLES:
        make_password(password_file(tmp_path / "keys", role))
    return tmp_path


def rewrite(folder: Path, old: str, new: str) -> Path:
    path = folder / "temoin.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def test_the_settings_of_a_demonstration_are_right(folder):
    config = read_config(folder / "temoin.toml")

    assert config.site.demo
    assert config.keys.root == folder / "keys" / "root.key"
    assert config.database.host == str(folder / "database")
    assert config.email.security is EmailSecurity.NONE


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('certificate_header = "X-Client-Certificate"', "go together"),
        ('proxy = "127.0.0.1"', "go together"),
        ('certificate_header = "X: evil"\nproxy = "127.0.0.1"', "the name of a header"),
        ('header = "X"', r"header in \[api\] is not a setting"),
    ],
)
def test_half_a_setting_of_certificates_is_refused(folder, lines, words):
    with pytest.raises(ConfigError, match=words):
        read_config(rewrite(folder, "[email]", f"[api]\n{lines}\n\n[email]"))


def test_health_cards_without_a_key_are_refused(folder):
    with pytest.raises(ConfigError, match=r"health_cards in \[certificates\] needs key"):
        read_config(rewrite(folder, 'key = "keys/certificates.key"\n', ""))


def test_certificates_are_off_unless_asked_for(folder):
    assert read_config(folder / "temoin.toml").api.certificate_header is None

    lines = '[api]\ncertificate_header = "X-Client-Certificate"\nproxy = "127.0.0.1"\n\n[email]'
    api = read_config(rewrite(folder, "[email]", lines)).api

    assert (api.certificate_header, api.proxy) == ("X-Client-Certificate", "127.0.0.1")


@pytest.mark.parametrize("process", list(Process))
def test_every_process_finds_its_secrets(folder, process):
    check_setup(read_config(folder / "temoin.toml"), process)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("demo = true", "", r"demo in \[site\] is missing"),
        ("demo = true", 'demo = "yes"', "must be a true or false"),
        ("demo = true", "demo = true\ncolour = 1", r"colour in \[site\] is not a setting; the settings there are"),
        ("[keys]", "[clefs]", r"section \[keys\] is missing"),
        ("[site]", "[extra]\n[site]", "extra is not a setting"),
        ("[site]", "[site", "is not valid TOML"),
        ("[site]", f"big = {'9' * 5000}\n[site]", "is not valid TOML"),
        ("port = 8603", 'port = "8603"', "must be a whole number"),
        ("port = 8603", "port = true", "must be a whole number"),
        ('root = "keys/root.key"', 'root = ""', r"root in \[keys\] is empty"),
        ('security = "none"', 'security = "ssl"', "must be one of none, starttls, tls"),
        ('staff_url = "http://localhost:8600"', 'staff_url = "temoin"', "must be an address like"),
        ('staff_url = "http://localhost:8600"', 'staff_url = "http://temoin.example.fr"', "must be https"),
        ('staff_url = "http://localhost:8600"', 'staff_url = "http://127.0.0.1:8601"', "another host or port"),
        ('host = "127.0.0.1"', 'host = "127.0.0.1"\nuser = "temoin"', "give both or neither"),
        ('name = "temoin"', 'name = "temoin"\nhost = "db"', "cannot stand beside embedded"),
        ('name = "temoin"', 'name = "temoin"\ndirect_host = "db"', "stands beside pooled = true"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_sentence(folder, old, new, words):
    path = rewrite(folder, old, new)

    with pytest.raises(ConfigError, match=words):
        read_config(path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("http://127.0.0.1:8602", "https://sidep.example.fr", "may only be sent to the sandbox"),
        ('host = "127.0.0.1"', 'host = "smtp.example.fr"', "may be none on this machine only"),
        (
            'host = "127.0.0.1"\nport = 8603\nsecurity = "none"',
            'host = "smtp.example.fr"\nport = 465\nsecurity = "tls"',
            "may only be sent to the sandbox",
        ),
    ],
)
def test_demonstration_data_cannot_leave_this_machine(folder, old, new, words):
    path = rewrite(folder, old, new)

    with pytest.raises(ConfigError, match=words):
        read_config(path)


def test_a_real_authority_is_reached_over_https_only(folder):
    rewrite(folder, "demo = true", "demo = false")
    path = rewrite(folder, "http://127.0.0.1:8602", "http://authority.example.fr")

    with pytest.raises(ConfigError, match="results do not travel in clear"):
        read_config(path)


def test_a_database_elsewhere_is_named_by_host(folder):
    path = rewrite(folder, f'embedded = "{folder}"', 'host = "db.example.fr"')

    assert read_config(path).database.host == "db.example.fr"


@pytest.mark.parametrize(
    ("lines", "direct"),
    [
        ("", ("db.example.fr", "5432")),
        ("pooled = true", None),
        ('pooled = true\ndirect_host = "server.example.fr"', ("server.example.fr", "5432")),
        ('pooled = true\ndirect_host = "server.example.fr"\ndirect_port = 5433', ("server.example.fr", "5433")),
    ],
)
def test_workers_listen_at_the_server_itself_and_never_behind_a_pooler(folder, lines, direct):
    path = rewrite(folder, f'embedded = "{folder}"', f'host = "db.example.fr"\n{lines}')

    way = read_config(path).database.direct
    assert (way and (way["host"], way["port"])) == direct


@pytest.mark.parametrize(
    ("hosts", "port", "named"),
    [
        ('["db1", "db2"]', "", ("db1,db2", "5432,5432")),
        ('["db1:5433", "db2"]', "port = 5434", ("db1,db2", "5433,5434")),
        ('["[fd00::1]:5433", "fd00::2", "[fd00::3]"]', "", ("fd00::1,fd00::2,fd00::3", "5433,5432,5432")),
    ],
)
def test_of_several_servers_the_one_that_takes_writes_is_asked_for(folder, hosts, port, named):
    path = rewrite(folder, f'embedded = "{folder}"', f"hosts = {hosts}\n{port}")

    way = read_config(path).database.way
    assert (way["host"], way["port"], way["target_session_attrs"]) == (*named, "read-write")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('hosts = ["db:no"]', "must be a name, name:port"),
        ('hosts = ["db,other"]', "must be a name, name:port"),
        ('hosts = ["db:0"]', "must be a name, name:port"),
        ('hosts = ["[fd00::1"]', "must be a name, name:port"),
        ('hosts = "db"', "must be a list of texts"),
        ("hosts = []", "host in .database. is missing"),
        ('hosts = ["db"]\nhost = "db"', "cannot stand beside host"),
        ('host = "db"\ntarget_session_attrs = "standby"', "must be one of any, read-write, primary"),
        ('host = "db"\nconnect_timeout = 1', "must be between 2 and 30"),
    ],
)
def test_what_is_wrong_with_the_servers_is_said(folder, lines, words):
    path = rewrite(folder, f'embedded = "{folder}"', lines)

    with pytest.raises(ConfigError, match=words):
        read_config(path)


def test_a_server_that_vanished_holds_a_thread_for_less_than_ten_seconds(folder):
    way = read_config(folder / "temoin.toml").database.way

    silent = way["keepalives_idle"] + way["keepalives_interval"] * way["keepalives_count"]
    assert max(way["tcp_user_timeout"] / 1000, silent) + way["connect_timeout"] < 10
    assert way.keys() - {"host", "port"} == LIMITS  # the counter's bell takes them from Django's connection


def test_a_missing_file_is_refused(folder):
    with pytest.raises(ConfigError, match=r"cannot be read \(No such file.*TEMOIN_CONFIG"):
        read_config(folder / "other.toml")


def test_the_mark_that_some_editors_begin_a_file_with_is_no_fault(folder):
    file = folder / "temoin.toml"
    before = read_config(file)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))

    assert read_config(file) == before


def test_a_root_key_of_another_length_is_refused(folder):
    (folder / "keys" / "root.key").write_bytes(b"short")

    with pytest.raises(ConfigError, match="exactly 32 bytes"):
        check_setup(read_config(folder / "temoin.toml"), Process.STAFF)


def test_the_patients_site_asks_for_no_key(folder):
    (folder / "keys" / "root.key").unlink()
    (folder / "keys" / "django.key").unlink()

    check_setup(read_config(folder / "temoin.toml"), Process.PORTAL)


def test_keys_that_exist_are_never_replaced(folder):
    before = (folder / "keys" / "root.key").read_bytes()

    write_settings(folder, Ports(9600))

    assert (folder / "keys" / "root.key").read_bytes() == before


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8", True),
        ("http://localhost", True),
        ("http://localhost.example.fr", False),
        ("http://127.0.0.1.example.fr", False),
        ("http://0.0.0.0", False),
        ("http://10.0.0.1", False),
        ("http://", False),
    ],
)
def test_only_this_machine_is_this_machine(url, expected):
    assert is_loopback(url) is expected


PROVIDER = """
[pro_sante_connect]
discovery_url = "https://auth.example.fr/realms/esante-wallet/.well-known/wallet-openid-configuration"
client_id = "temoin"
secret_file = "keys/provider.secret"
"""


def with_provider(folder: Path, old: str = "", new: str = "") -> Path:
    path = folder / "temoin.toml"
    path.write_text(path.read_text() + PROVIDER.replace(old, new, 1))
    return path


def test_the_identity_provider_is_optional_and_its_scope_has_a_default(folder):
    assert read_config(folder / "temoin.toml").pro_sante_connect is None

    known = read_config(with_provider(folder)).pro_sante_connect

    assert (known.client_id, known.scope) == ("temoin", "openid scope_all")
    assert known.discovery_url.endswith("/.well-known/wallet-openid-configuration")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("https://auth", "http://auth", "must be https"),
        ('client_id = "temoin"', "", "client_id in .* is missing"),
        ("client_id", "colour = 1\nclient_id", "colour in .* is not a setting"),
    ],
)
def test_a_wrong_identity_provider_is_refused(folder, old, new, words):
    with pytest.raises(ConfigError, match=words):
        read_config(with_provider(folder, old, new))


def test_only_the_staff_site_reads_the_providers_secret(folder):
    config = read_config(with_provider(folder))

    readers = {process for process in Process if "Pro Santé Connect secret" in dict(secrets_of(config, process))}

    assert readers == {Process.STAFF}
