"""The authority over SFTP, spoken to by a bare client: what it takes, what it refuses, and how it breaks."""

from __future__ import annotations

import asyncio
import csv
import inspect
import io
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import asyncssh
import pytest
from patience import wait_until
from sandbox_server import Sandbox, running_sandbox

from temoin_sandbox.csv_rows import COLUMNS
from temoin_sandbox.sftp import SftpKeys
from temoin_sandbox.sftp_files import REFUSED, SandboxFolders
from temoin_sandbox.sftp_keys import KeyFiles, make_key_files

KEY, RECORD, OTHER = (f"{digit * 8}-2222-4333-8444-555555555555" for digit in "123")
MOMENT = "2026-11-24T11:41:00+01:00"
ROW = dict.fromkeys(COLUMNS, "") | {
    "format": "temoin-report-4",
    "key": KEY,
    "version": "1",
    "status": "final",
    "record_id": RECORD,
    "kind": "covid19-ag",
    "kind_display": "TROD",
    "chapter_loinc": "18725-2",
    "chapter_display": "Microbiologie",
    "specimen_snomed": "258500001",
    "specimen_display": "Écouvillon",
    **dict.fromkeys(("sampled_at", "read_at", "signed_at"), MOMENT),
    "patient_id": "42",
    "patient_birth_family_name": "'-DOE",
    "patient_sex": "F",
    "patient_birth_date": "1979-03-28",
    "patient_identity_status": "PROV",
    "patient_form": "named",
    "patient_address_country": "FRA",
    "signer_id": OTHER,
    "signer_family_name": "MARTIN",
    "pharmacy_id": OTHER,
    "pharmacy_name": "P",
    "pharmacy_finess": "750712184",
    "pharmacy_address_country": "FRA",
    "source": "counter",
    "is_demo": "true",
    "number": "1",
    "of": "1",
    "target": "sars-cov-2",
    "target_display": "COVID-19",
    "loinc": "94558-4",
    "loinc_display": "SARS-CoV-2 Ag",
    "outcome": "positive",
    "outcome_snomed": "10828004",
    "outcome_display": "Positif",
}
Work = Callable[[asyncssh.SFTPClient], Awaitable[Any]]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFiles:
    return make_key_files(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def sandbox(keys: KeyFiles) -> Iterator[Sandbox]:
    with running_sandbox(keys=SftpKeys(keys.user_public)) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox, keys: KeyFiles) -> Callable[[Work], Any]:
    """Return what does some work as the sender."""

    def live(work: Work, **options: Any) -> Any:
        async def run() -> Any:
            named = {"username": "temoin", "client_keys": [str(keys.user)], "known_hosts": None, "config": None}
            async with (
                asyncssh.connect("127.0.0.1", sandbox.sftp_port, **{**named, **options}) as connection,
                connection.start_sftp_client() as files,
            ):
                return await work(files)

        return asyncio.run(run())

    return live


def file(*rows: dict[str, str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *(row.values() for row in rows)])
    return text.getvalue().encode()


def sent(content: bytes, name: str = "k.csv") -> Work:
    """Write a draft, give it its name, and return the acknowledgement when it comes."""

    async def work(files: asyncssh.SFTPClient) -> str:
        async with files.open("/results/.draft", "wb") as draft:
            await draft.write(content)
        await files.posix_rename("/results/.draft", f"/results/{name}")
        for _ in range(100):
            if await files.exists(f"/acknowledgements/{name}"):
                return (await (await files.open(f"/acknowledgements/{name}")).read()).replace("\r\n", "\n")
            await asyncio.sleep(0.02)
        return "none"

    return work


def counts(sandbox: Sandbox) -> dict[str, int]:
    return sandbox.stats["csv"]


HEADER = "key,verdict,id,reason\n"
TAKEN = f"{HEADER}{KEY},accepted,csv-{KEY},\n"


def test_a_file_is_kept_and_acknowledged(sandbox, client):
    assert client(sent(file(ROW))) == TAKEN

    (held,) = sandbox.get("/csv.json").json
    assert (held["key"], held["record_id"], held["version"], held["copies"]) == (KEY, RECORD, "1", 1)
    assert "DOE" not in sandbox.get("/csv.json").text


def test_the_same_row_again_is_acknowledged_and_kept_once(sandbox, client):
    for row in (ROW, ROW, {**ROW, "patient_birth_family_name": "ROE"}):
        assert client(sent(file(row))) == TAKEN

    (held,) = sandbox.get("/csv.json").json
    assert (held["copies"], held["differing"]) == (3, 1)
    assert [counts(sandbox)[name] for name in ("files", "results", "stored", "duplicates")] == [3, 3, 1, 2]


def test_each_key_of_a_file_has_its_line(sandbox, client):
    wrong = {**ROW, "key": OTHER, "loinc": "94558-5"}

    told = client(sent(file(ROW, wrong)))

    assert told == f"{TAKEN}{OTHER},refused,,loinc: not as published\n"
    assert [counts(sandbox)[name] for name in ("results", "stored", "refused")] == [2, 1, 1]


def test_a_result_of_several_findings_is_one(sandbox, client):
    first, second = {**ROW, "of": "2"}, {**ROW, "number": "2", "of": "2", "target": "influenza-a"}

    assert client(sent(file(first, second))) == TAKEN
    assert counts(sandbox)["stored"] == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"format": "temoin-report-1"}, "format: not as published"),
        ({"version": "0"}, "version: not as published"),
        ({"version": "2", "status": "corrected"}, "status: does not go with replaces_key"),
        ({"replaces_key": OTHER}, "status: does not go with replaces_key"),
        ({"replaces_key": "x"}, "replaces_key: not as published"),
        ({"signed_at": "2026-11-24T11:41:00"}, "signed_at: not as published"),
        ({"signed_at": "yesterday"}, "signed_at: not as published"),
        ({"patient_birth_date": "19790328"}, "patient_form: tells more or less of the person than it says"),
        ({"patient_birth_date": "1979-02-31"}, "patient_form: tells more or less of the person than it says"),
        ({"patient_form": "anonymous"}, "patient_form: tells more or less of the person than it says"),
        ({"patient_form": "secret"}, "patient_form: not as published"),
        ({"patient_nir": "279035121518989"}, "patient_nir: the identity is not qualified"),
        ({"patient_nir": "279035121518980"}, "patient_nir: not as published"),
        ({"outcome_snomed": "10828005"}, "outcome_snomed: not as published"),
        ({"pharmacy_finess": "1"}, "pharmacy_finess: not as published"),
        ({"laboratory_number": "1"}, "laboratory_number: not as published"),
        ({"prescriber_number": "1", "prescriber_is_rpps": "true"}, "prescriber_number: not an RPPS number"),
        ({"signer_rpps": "1"}, "signer_rpps: not as published"),
        ({"of": "2"}, "number: rows are missing, or out of order"),
    ],
)
def test_a_row_that_is_not_right_is_refused_by_its_column(sandbox, client, changed, reason):
    assert client(sent(file({**ROW, **changed}))) == f"{HEADER}{KEY},refused,,{reason}\n"
    assert counts(sandbox)["stored"] == 0


def test_rows_of_one_key_share_all_but_the_finding(client):
    first, second = {**ROW, "of": "2"}, {**ROW, "number": "2", "of": "2", "patient_sex": "M"}

    assert client(sent(file(first, second))) == f"{HEADER}{KEY},refused,,key: its rows differ in what they share\n"


@pytest.mark.parametrize(
    "masked",
    [
        {"patient_form": "pseudonymous", "patient_birth_date": "1979"},
        {"patient_form": "anonymous", "patient_birth_date": "", "patient_age_band": "40-49"},
    ],
)
def test_a_copy_without_the_name_is_taken(client, masked):
    assert client(sent(file({**ROW, "patient_birth_family_name": "", **masked}))) == TAKEN


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no end of line at the end"),
        (file(ROW)[:-2], "no end of line at the end"),
        (b"key\r\n", "the header is not that of the format"),
        (file(), "a row has other columns than the header"),
        (file(ROW) + b"one\r\n", "a row has other columns than the header"),
        (file({**ROW, "comment": "=1+1"}), "a cell begins with what a spreadsheet computes"),
        (file(ROW) + b'"half\r\n', "not CSV"),
        (file(ROW) + b"\xff\r\n", "not UTF-8"),
    ],
)
def test_what_is_no_file_of_the_format_is_refused_as_a_whole(sandbox, client, content, reason):
    assert client(sent(content)) == f"{HEADER}*,refused,,{reason}\n"
    assert counts(sandbox)["stored"] == 0


@pytest.mark.parametrize(
    ("fault", "told", "stored"),
    [
        ({"reject": 1}, f"{HEADER}{KEY},refused,,refused on demand\n", 0),
        ({"drop_answer": 1}, "none", 1),
        (
            {"half_answer": 1},
            TAKEN.replace("\n", "\r\n")[: len(TAKEN.replace("\n", "\r\n")) // 2].replace("\r\n", "\n"),
            1,
        ),
        ({"other_answer": 1}, TAKEN.replace(f"{KEY},", f"not-{KEY},", 1), 1),
        ({"slow": 0.1}, TAKEN, 1),
        ({"double_answer": 1}, TAKEN + TAKEN.removeprefix(HEADER), 1),
        ({"inner_error": 1}, f"{TAKEN[:-1]}error inside\n{KEY},refused,,error inside\n", 0),
    ],
)
def test_each_fault_of_an_answer_shows_as_named(sandbox, client, fault, told, stored):
    sandbox.set_faults(**fault)

    assert client(sent(file(ROW))) == told

    assert counts(sandbox)["stored"] == stored
    assert sandbox.stats["fired"] == dict.fromkeys(fault, 1)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"down": "503"}, asyncssh.SFTPFailure),
        ({"down": "close"}, (asyncssh.ConnectionLost, OSError)),
        ({"throttle": 1}, asyncssh.SFTPFailure),
        ({"error_before_store": 1}, asyncssh.SFTPFailure),
        ({"error_after_store": 1}, (asyncssh.ConnectionLost, asyncssh.SFTPError)),
    ],
)
def test_each_fault_of_the_connection_shows_as_named(sandbox, client, fault, error):
    sandbox.set_faults(**fault)

    with pytest.raises(error):
        client(sent(file(ROW)))

    assert set(sandbox.stats["fired"]) == set(fault)


def test_a_file_that_came_before_the_authority_went_down_is_taken_when_it_is_back(sandbox, client):
    sandbox.set_faults(slow=0.1)

    async def send(files: asyncssh.SFTPClient) -> None:
        async with files.open("/results/.draft", "wb") as draft:
            await draft.write(file(ROW))
        await files.posix_rename("/results/.draft", "/results/k.csv")

    client(send)
    sandbox.set_faults(down="503")
    time.sleep(0.2)
    assert counts(sandbox)["stored"] == 0
    sandbox.set_faults(off=True)

    wait_until(lambda: counts(sandbox)["stored"])


async def _write_openly(files: asyncssh.SFTPClient) -> None:
    await files.open("/results/k.csv", "wb")


async def _leave_the_folder(files: asyncssh.SFTPClient) -> None:
    async with files.open("/results/.draft", "wb"):
        pass
    await files.rename("/results/.draft", "/acknowledgements/k.csv")


async def _make_a_folder(files: asyncssh.SFTPClient) -> None:
    await files.mkdir("/results/new")


async def _read_the_disk(files: asyncssh.SFTPClient) -> None:
    await files.open("/results/../../../../../etc/hostname")


async def _take_too_much(files: asyncssh.SFTPClient) -> None:
    async with files.open("/results/.draft", "wb") as draft:
        await draft.write(b"x", 100_000_000)


@pytest.mark.parametrize(
    "work",
    [_write_openly, _leave_the_folder, _make_a_folder, _read_the_disk, _take_too_much],
    ids=lambda work: work.__name__,
)
def test_what_a_sender_may_not_do_is_refused(client, work):
    with pytest.raises(asyncssh.SFTPError):
        client(work)


def test_a_sender_sees_what_lies_there_and_takes_back_what_is_its_own(client):
    async def work(files: asyncssh.SFTPClient) -> tuple[list[str], bool, bool]:
        for name in (".one", ".two"):
            async with files.open(f"/results/{name}", "xb") as draft:
                await draft.write(b"x")
        seen = sorted(await files.listdir("/results"))
        await files.remove("/results/.one")
        return seen, await files.isdir("/results"), await files.exists("/results/.one")

    assert client(work) == ([".one", ".two"], True, False)


@pytest.mark.parametrize(
    "options", [{"username": "root"}, {"client_keys": [asyncssh.generate_private_key("ssh-ed25519")]}]
)
def test_nobody_else_comes_in(client, options):
    with pytest.raises(asyncssh.PermissionDenied):
        client(sent(file(ROW)), **options)


def test_no_method_of_the_library_reaches_the_disk():
    """Every request that a client can make is answered by our own code."""
    helpers = {"channel", "connection", "convert_attrs", "env", "exit", "logger", "map_path", "reverse_map_path"}
    helpers |= {"format_user", "format_group", "format_longname"}
    asked = {name for name in vars(asyncssh.SFTPServer) if not name.startswith("_")} - helpers

    assert asked == {name for name in vars(SandboxFolders) if not name.startswith("_")}
    assert set(REFUSED) <= asked
    assert not inspect.signature(SandboxFolders.stat).parameters.keys() - {"self", "path"}
