"""An evidence pack in the hands of an outsider: what was touched is refused, and what was rewritten is told."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.crypto.notes import NoteSigner
from temoin.evidence.archive import MANIFEST, packed, signed_manifest
from temoin.evidence.chain import CHAIN, CHAIN_FORMAT
from temoin.journal.checkpoint import Checkpoint, CheckpointError, parse_checkpoint, sign_checkpoint
from temoin.journal.tree import GrowingTree, hash_leaf, prove_consistency, root_of
from temoin_witness.main import main
from temoin_witness.notes import CosignerKey, LogKey, Note, NoteError, WitnessKey
from temoin_witness.packs import PackError, differences, open_pack

ORIGIN = "temoin.test/journal"
SIGNER, OTHER = NoteSigner(ORIGIN, bytes(range(32))), NoteSigner(ORIGIN, bytes(range(1, 33)))
KEY = LogKey.parse(SIGNER.verifier.vkey)
WITNESS = WitnessKey("temoin.test/witness", bytes(32))
MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
FACTS = {"evidence.json": b'{"format": "temoin-evidence/1"}\n', "index.html": b"<!doctype html>\n"}


def read_node(leaf: Callable[[int], bytes], level: int, place: int) -> bytes:
    """Return the root of a complete subtree of a journal whose leaves are told by their places."""
    tree = GrowingTree()
    for index in range(place << level, (place + 1) << level):
        tree.append(hash_leaf(leaf(index)))
    return tree.root()


def event(index: int) -> bytes:
    return b"event %d" % index


def rewritten(index: int) -> bytes:
    return b"another" if index == 2 else event(index)


def checkpoint(size: int, leaf: Callable[[int], bytes] = event, signer: NoteSigner = SIGNER) -> Checkpoint:
    return sign_checkpoint(signer, size, root_of(partial(read_node, leaf), 0, size))


def chain_of(*sizes: int, leaf: Callable[[int], bytes] = event, signer: NoteSigner = SIGNER, lines: str = "") -> bytes:
    told, before = [], 0
    for size in sizes:
        proof = [b64encode(one).decode() for one in prove_consistency(partial(read_node, leaf), before, size)]
        told.append({"note": checkpoint(size, leaf, signer).note + lines, "proof": proof})
        before = size
    return json.dumps({"format": CHAIN_FORMAT, "checkpoints": told}).encode()


def pack(
    *sizes: int,
    leaf: Callable[[int], bytes] = event,
    signer: NoteSigner = SIGNER,
    made_at: datetime = MONDAY,
    **changed: bytes,
) -> bytes:
    """Make a pack as the site does; `changed` files are signed with it."""
    files = {
        **FACTS,
        CHAIN: chain_of(*sizes, leaf=leaf),
        **{name.replace("_", "."): to for name, to in changed.items()},
    }
    return packed(signed_manifest(signer, files, checkpoint(sizes[-1], leaf), made_at), files)


def files_in(content: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def in_this_order(files: Mapping[str, bytes]) -> bytes:
    """Write an archive as packs are written, whatever the order of its files."""
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        for name, held in files.items():
            entry = ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, held)
    return content.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(PackError) as error:
        open_pack(content, KEY)
    return str(error.value)


def with_file(name: str, content: bytes) -> bytes:
    return in_this_order({**files_in(pack(3, 7)), name: content})


# What was touched -------------------------------------------------------------------------------------------


def test_a_pack_as_it_was_signed_opens():
    found = open_pack(pack(3, 7), KEY)

    assert (found.origin, found.made_at, found.size, found.root) == (ORIGIN, MONDAY, 7, checkpoint(7).root)
    assert [note.size for note in found.chain] == [3, 7]
    assert {name: found.files[name] for name in FACTS} == FACTS


def test_the_same_facts_make_the_same_bytes():
    assert pack(3, 7) == pack(3, 7) == in_this_order(files_in(pack(3, 7)))


def test_each_kind_of_edit_is_named():
    files = files_in(pack(3, 7))
    less = {name: content for name, content in files.items() if name != "index.html"}
    turned = {MANIFEST: files[MANIFEST], **dict(reversed(less.items()))} | {"index.html": files["index.html"]}

    assert refusal(with_file("index.html", b"<!doctype html><p>All is well")) == "index.html was altered"
    assert refusal(with_file("more.html", b"")) == "more.html was added"
    assert refusal(in_this_order(less)) == "index.html is missing"
    assert "another order" in refusal(in_this_order(turned))
    assert "does not begin with its manifest" in refusal(in_this_order(dict(reversed(files.items()))))


def test_a_manifest_that_another_key_signed_is_refused():
    assert refusal(pack(3, 7, signer=OTHER)) == f"the manifest is not signed by {ORIGIN}"


def test_a_manifest_that_was_edited_is_refused():
    manifest = files_in(pack(3, 7))[MANIFEST]

    assert "not signed" in refusal(with_file(MANIFEST, manifest.replace(b"tree 7", b"tree 6")))
    assert "no manifest" in refusal(with_file(MANIFEST, b"\xff"))
    assert "no manifest" in refusal(with_file(MANIFEST, b"signed by nobody\n"))


def test_a_checkpoint_is_no_manifest_and_a_manifest_no_checkpoint():
    """Both are signed by one key: neither may be taken for the other."""
    manifest = files_in(pack(3))[MANIFEST].decode()

    assert "another format" in refusal(with_file(MANIFEST, checkpoint(7).note.encode()))
    with pytest.raises(NoteError):
        Note.parse(manifest)
    with pytest.raises(CheckpointError):
        parse_checkpoint(manifest)


def test_an_older_checkpoint_put_in_is_refused_even_if_the_site_signs_it():
    assert "not that of 7 events" in refusal(pack(3, 7, checkpoints_json=chain_of(3, 6)))
    assert "not that of 7 events" in refusal(pack(3, 7, checkpoints_json=chain_of(3)))
    assert "checkpoints.json was altered" in refusal(with_file(CHAIN, chain_of(3)))


def test_checkpoints_that_do_not_grow_from_each_other_are_refused():
    told = json.loads(chain_of(3, 7))
    told["checkpoints"][0] = json.loads(chain_of(3, leaf=rewritten))["checkpoints"][0]
    forked, swapped = json.dumps(told).encode(), json.dumps({**told, "checkpoints": told["checkpoints"][::-1]}).encode()

    assert "does not begin with that of 3" in refusal(pack(3, 7, checkpoints_json=forked))
    assert "does not begin with that of" in refusal(pack(3, 7, checkpoints_json=swapped))
    assert "not signed" in refusal(pack(3, 7, checkpoints_json=chain_of(3, 7, signer=OTHER)))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format": 1}', b'{"format": "temoin-evidence-chain/1"}'])
def test_checkpoints_that_do_not_read_are_refused(content: bytes):
    assert "the checkpoints" in refusal(pack(3, 7, checkpoints_json=content))


@given(st.data())
def test_no_byte_of_a_pack_can_be_changed(data: st.DataObject):
    content = bytearray(pack(3, 7))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))

    assert refusal(bytes(content))


@given(st.binary(max_size=200))
def test_whatever_is_no_pack_is_refused(content: bytes):
    assert refusal(content)
    assert refusal(pack(3) + content) if content else True
    assert refusal(content + pack(3)) if content else True


def test_an_archive_that_is_packed_otherwise_is_refused():
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for name, held in files_in(pack(3)).items():
            archive.writestr(name, held)

    assert refusal(content.getvalue())
    assert refusal(pack(3)[:-1])


# Two packs --------------------------------------------------------------------------------------------------


def opened(*sizes: int, leaf: Callable[[int], bytes] = event, days: int = 0):
    return open_pack(pack(*sizes, leaf=leaf, made_at=MONDAY + timedelta(days=days)), KEY)


def test_a_later_pack_extends_an_earlier_one_and_itself():
    assert differences(opened(3, 7, days=1), opened(3)) == []
    assert differences(opened(3), opened(3)) == []


def test_what_differs_is_said():
    (rewrote,) = differences(opened(3, 7, leaf=rewritten, days=1), opened(3))
    (hidden,) = differences(opened(7, days=1), opened(3))
    (cut,) = differences(opened(3, days=1), opened(3, 7))
    (before,) = differences(opened(3), opened(3, days=1))

    assert "they were rewritten" in rewrote
    assert "no checkpoint of 3 events" in hidden
    assert "ends at 3 events, and had 7" in cut
    assert "made before the earlier one" in before


# The command ------------------------------------------------------------------------------------------------


def check(folder: Path, *words: str, content: bytes, earlier: bytes | None = None) -> int:
    (folder / "pack.zip").write_bytes(content)
    more = []
    if earlier is not None:
        (folder / "earlier.zip").write_bytes(earlier)
        more = ["--earlier", str(folder / "earlier.zip")]
    return main(["pack", str(folder / "pack.zip"), "--key", SIGNER.verifier.vkey, *more, *words])


def test_the_command_says_what_it_has_found(tmp_path: Path, capsys):
    assert check(tmp_path, content=pack(3, 7), earlier=pack(3)) == 0
    assert "3 events then, 7 now" in (told := capsys.readouterr().out)
    assert told.endswith("Nothing is wrong.\n")

    assert check(tmp_path, content=pack(3, 7), earlier=pack(3, leaf=rewritten)) == 1
    assert "they were rewritten" in capsys.readouterr().out

    assert check(tmp_path, content=pack(3, 7), earlier=pack(3, signer=OTHER)) == 1
    assert "the earlier pack earlier.zip: the manifest is not signed" in capsys.readouterr().out

    assert check(tmp_path, content=pack(3, 7, signer=OTHER)) == 1
    assert "not signed" in capsys.readouterr().out


def test_the_command_says_what_it_cannot_tell(tmp_path: Path, capsys):
    assert main(["pack", str(tmp_path / "none.zip"), "--key", SIGNER.verifier.vkey]) == 2
    assert main(["pack", str(tmp_path / "none.zip"), "--key", WITNESS.vkey]) == 2
    assert check(tmp_path, "--witness-key", SIGNER.verifier.vkey, content=pack(3)) == 2
    assert "a witness's key reads" in capsys.readouterr().err


def test_a_witness_that_is_named_must_have_countersigned(tmp_path: Path, capsys):
    line = WITNESS.cosign(Note.parse(checkpoint(3).note), 1_764_489_600)
    first, second = (json.loads(one)["checkpoints"] for one in (chain_of(3, lines=line), chain_of(3, 7)))
    seen = json.dumps({"format": CHAIN_FORMAT, "checkpoints": [first[0], second[1]]}).encode()

    assert check(tmp_path, "--witness-key", WITNESS.vkey, content=pack(3, 7, checkpoints_json=seen)) == 0
    assert "has countersigned the first 3 of 7 events" in capsys.readouterr().out
    assert check(tmp_path, "--witness-key", WITNESS.vkey, content=pack(3, 7)) == 1
    forged = seen.replace(line.split(" ")[2].strip()[-8:].encode(), b"AAAAAAA=")
    assert not CosignerKey.parse(WITNESS.vkey).has_cosigned(
        open_pack(pack(3, 7, checkpoints_json=forged), KEY).chain[0]
    )
