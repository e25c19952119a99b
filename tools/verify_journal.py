"""Verifies an export of a Témoin journal, or a patient's list of looks, without any of Témoin's code.

    verify_journal.py --key VKEY [--witness-key VKEY] [--folder CHECKPOINTS] EXPORT
    verify_journal.py --key VKEY [--witness-key VKEY] --proof LIST.json

EXPORT is what `temoin journal export` writes ("-" for standard input), LIST.json what a pharmacy hands to a patient.
One file, the standard library and `cryptography`. The formats are in docs/auditor.md. The last line of an export's
verification is "size root" of what was recomputed; the status is 0 when nothing is wrong, 1 otherwise.
"""
# ruff: noqa: T201 a script for outsiders, not a package

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HEADER = b"temoin-journal-export/3\n"
COLUMNS = 15
NULL = b"\\N"
ERASED = b"record.erased"  # at its day, or by right, by the keeper
ENDS, BY_CLOCK, BY_RIGHT = (ERASED, b"patient.erased"), b"retention", b"erasure"
SIGNED = (b"result.signed", b"result.corrected", b"result.cancelled")
LISTINGS = (b"patient.searched", b"test.list_read")
RESUMED = b"journal.resumed"  # the statement of what a restore lost
ACCOUNTS = (b"signin_person", b"mfa_authenticator")  # of no pharmacy: told in each where their person has a place
NOWHERE = b"00000000-0000-0000-0000-000000000000"
STEPS = {  # the last of them that was done says the state of a record
    b"sample.taken": b"sampled",
    b"test.abandoned": b"abandoned",
    b"result.signed": b"signed",
    b"result.corrected": b"corrected",
    b"result.cancelled": b"cancelled",
}
PARCEL, REPLACED = b"outbox_parcel", b"replaced"
SLACK = 300_000_000  # microseconds between an event's time and the seals around it, or what another act saw of it
TILE = 8  # the journal keeps a node every so many levels


def main(arguments: list[str] | None = None) -> int:
    """Verify what the command line names."""
    parser = argparse.ArgumentParser(description="Verify a Témoin journal from the outside.")
    parser.add_argument("--key", required=True, help="the journal's public key, as it was published")
    parser.add_argument("--witness-key", action="append", default=[], help="a witness's key: its signature is demanded")
    parser.add_argument("--folder", type=Path, help="a folder of checkpoints to compare with")
    parser.add_argument("--proof", type=Path, help="a patient's list of looks")
    parser.add_argument("export", nargs="?", help='an export, or "-"')
    options = parser.parse_args(arguments)
    keys = [options.key, *options.witness_key]
    if options.proof:
        problems = check_list(json.loads(options.proof.read_text(encoding="utf-8")), keys)
    elif options.export:
        problems = _check_stream(options.export, options.key, options.folder)
    else:
        parser.error("name an export, or a list with --proof")
    for problem in problems:
        print(problem)
    print("Nothing is wrong." if not problems else f"{len(problems)} problems.")
    return 1 if problems else 0


def _check_stream(name: str, key: str, folder: Path | None) -> list[str]:
    if name == "-":
        return check_export(sys.stdin.buffer, key, folder)
    with Path(name).open("rb") as stream:
        return check_export(stream, key, folder)


# Signed notes ----------------------------------------------------------------------------------------------


def signed_by(note: str, vkey: str) -> bool:
    """Tell whether the note bears a valid Ed25519 signature, plain (type 1) or of a witness (type 4), of the key."""
    name, key_id, encoded = vkey.strip().split("+", 2)
    typed = base64.b64decode(encoded)
    if hashlib.sha256(name.encode() + b"\n" + typed).hexdigest()[:8] != key_id:
        raise SystemExit(f"the key of {name} does not bear its own id")
    text, _, block = note.rpartition("\n\n")
    message = text.encode() + b"\n"
    for line in block.split("\n"):
        mark, signer, raw = (*line.split(" "), "", "")[:3]
        signature = _base64(raw)
        if (mark, signer, signature[:4].hex()) == ("\u2014", name, key_id):
            if typed[0] == 4:
                moment = int.from_bytes(signature[4:12], "big")
                return _holds(typed[1:], signature[12:], f"cosignature/v1\ntime {moment}\n".encode() + message)
            return _holds(typed[1:], signature[4:], message)
    return False


def _holds(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def tree_head(note: str) -> tuple[str, int, bytes]:
    """Return origin, size and root of a checkpoint."""
    origin, size, root = note.split("\n")[:3]
    return origin, int(size), base64.b64decode(root)


# The tree of RFC 6962 --------------------------------------------------------------------------------------


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Stack:
    """The tree so far: pairs of (leaves, root) of complete subtrees, merged while two are alike."""

    def __init__(self) -> None:
        self.size = 0
        self._complete: list[tuple[int, bytes]] = []

    def push(self, value: bytes) -> list[tuple[tuple[int, int], bytes]]:
        """Add one leaf's hash; return the subtrees that it completes: level, index and root."""
        weight, level, completed = 1, 0, []
        while self._complete and self._complete[-1][0] == weight:
            value = node_hash(self._complete.pop()[1], value)
            weight, level = weight * 2, level + 1
            completed.append(((level, self.size >> level), value))
        self._complete.append((weight, value))
        self.size += 1
        return completed

    def root(self) -> bytes:
        """Return the root."""
        if not self._complete:
            return hashlib.sha256(b"").digest()
        *rest, (_, value) = self._complete
        for _, left in reversed(rest):
            value = node_hash(left, value)
        return value


def root_from_path(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes | None:
    """Return the root that an audit path leads to (RFC 9162 §2.1.3.2), None when its length is not right."""
    if not 0 <= index < size:
        return None
    place, last, value = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            value = node_hash(sibling, value)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        place, last = place >> 1, last >> 1
    return value if last == 0 else None


# What is verified ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seal:
    """A checkpoint of the export, and what its row says beside the signed note."""

    size: int
    note: str
    at: int
    cluster: str
    watermark: int

    def text(self) -> str:
        """Return what was signed."""
        return self.note.rpartition("\n\n")[0] + "\n"

    def problem(self, key: str) -> str:
        """Return what is wrong with it, whatever the tree is."""
        if not signed_by(self.note, key):
            return "not signed by the journal"
        said = [f"at {self.at}", f"cluster {self.cluster}", f"watermark {self.watermark}"]
        if self.text().split("\n")[3:-1] != said:
            return "signed with another time, cluster or watermark"
        return "" if tree_head(self.note)[1] == self.size else f"says {tree_head(self.note)[1]}"


@dataclass(frozen=True)
class Snapshot:
    """The moment of the export, as the database counts: which transactions were over."""

    cluster: str
    oldest: int
    next: int
    running: frozenset[int]

    def is_over(self, xid: int) -> bool:
        """Tell whether a transaction was over."""
        return xid < self.next and xid not in self.running


Key = tuple[bytes, bytes, bytes]  # table, pharmacy, row


class Rows:
    """How events left each row: digests before and since, in whichever order; rows are compared with them."""

    def __init__(self) -> None:
        self.left: dict[Key, set[bytes]] = {}  # digests in which an event left a row,
        self.changed: dict[Key, set[bytes]] = {}  # and from which a later one changed it
        self.removed: set[Key] = set()
        self.replaced: set[tuple[bytes, bytes]] = set()  # pharmacy and parcel

    def hear(self, pharmacy: bytes, wrote: bytes) -> None:
        """Take into account what an event wrote."""
        for entry in wrote.split(b",") if wrote else ():
            table, row, former, now = entry.split(b":")
            if table == PARCEL:
                self.replaced.add((pharmacy, row))
                continue
            key = (table, NOWHERE if table in ACCOUNTS else pharmacy, row)
            self.changed.setdefault(key, set()).add(former)
            if now:
                self.left.setdefault(key, set()).add(now)
            else:
                self.removed.add(key)

    def judge(self, table: bytes, pharmacy: bytes, row: bytes, digest: bytes) -> list[str]:
        """Compare a row as it stands."""
        key = (table, pharmacy, row)
        if self._last(key) == {digest}:
            self.left.pop(key)
            return []
        self.left.pop(key, None)
        return [f"{table.decode()} {row.decode()}: is not as the last event about it left it"]

    def end(self) -> list[str]:
        """Judge what no row was compared with."""
        gone = sorted(key for key in self.left if self._last(key))
        return [f"{table.decode()} {row.decode()}: is gone" for table, _, row in gone]

    def _last(self, key: Key) -> set[bytes]:
        return set() if key in self.removed else self.left.get(key, set()) - self.changed.get(key, set())


class Authority:
    """What events say of consents, of records and of parcels, beside the rows themselves."""

    def __init__(self) -> None:
        self.registered: set[tuple[bytes, bytes]] = set()  # at the counter, with a consent
        self.done: dict[tuple[bytes, bytes], set[bytes]] = {}
        self.parcels: dict[tuple[bytes, bytes, bytes], int] = {}  # kind, pharmacy, parcel: time of the last event
        self.consents: dict[tuple[bytes, bytes], bytes] = {}

    def hear(self, columns: list[bytes]) -> None:
        """Take an event into account."""
        pharmacy, moment, kind, subject = (columns[place] for place in (1, 3, 4, 9))
        if kind == b"test.registered":
            self.registered.add((pharmacy, subject))
        elif kind in STEPS:
            self.done.setdefault((pharmacy, subject), set()).add(kind)
        elif kind in {b"parcel.proved", b"parcel.resent", b"parcel.withdrawn"}:
            place = (kind, pharmacy, subject)
            self.parcels[place] = max(int(moment), self.parcels.get(place, 0))

    def judge_record(self, pharmacy: bytes, number: bytes, patient: bytes, state: bytes) -> list[str]:
        """Compare a record's state with what was done, and its patient with whose consent it has."""
        problems, done = [], self.done.get((pharmacy, number), set())
        told = [word for kind, word in STEPS.items() if kind in done]
        if state != [b"registered", *told][-1]:
            problems.append(f"record {number.decode()}: its events do not say {state.decode()}")
        if (pharmacy, number) in self.registered and self.consents.get((pharmacy, number)) != patient:
            problems.append(f"record {number.decode()}: the consent given for it is not there")
        return problems

    def judge_parcel(self, key: tuple[bytes, bytes], state: bytes, last: list[bytes], *, is_named: bool) -> list[str]:
        """Compare a parcel's end with its last attempt and with the events; `is_named` is that one replaced it."""
        verdict, moment, is_overtaken = last
        proved, resent, withdrawn = (
            self.parcels.get((b"parcel." + kind, *key)) for kind in (b"proved", b"resent", b"withdrawn")
        )
        is_fine = verdict != b"accepted" or state == b"accepted" or (resent is not None and resent >= int(moment))
        if state == b"accepted":
            is_fine = verdict == b"accepted" or proved is not None
        if state == b"refused":
            is_fine = verdict == b"refused"
        if state == b"withdrawn":
            is_fine = is_fine and withdrawn is not None
        if state == REPLACED:
            is_said = verdict == REPLACED or (verdict == b"refused" and is_overtaken == b"1")
            is_fine = is_fine and (is_said or is_named)
        return [] if is_fine else [f"parcel {key[1].decode()}: its attempts and events do not say {state.decode()}"]


class Requests:
    """What went by right names a request, as in "erasure/<case>": one opened for an erasure, and granted before."""

    def __init__(self) -> None:
        self.opened: dict[tuple[bytes, bytes], int] = {}  # pharmacy and case: the first time
        self.granted: dict[tuple[bytes, bytes], int] = {}
        self.ended: list[tuple[bytes, bytes, bytes, int]] = []  # pharmacy, subject, why, time

    def hear(self, columns: list[bytes]) -> None:
        """Take an event into account."""
        pharmacy, moment, kind, subject, detail = (columns[place] for place in (1, 3, 4, 9, 12))
        at, case = int(moment), (pharmacy, subject)
        if kind in ENDS and detail != BY_CLOCK:
            self.ended.append((*case, detail, at))
        elif kind == b"case.granted":
            self.granted[case] = min(at, self.granted.get(case, at))
        elif kind == b"case.opened" and detail == BY_RIGHT:
            self.opened[case] = min(at, self.opened.get(case, at))

    def end(self) -> list[str]:
        """Name each deletion that no request asked for."""
        return [
            f"{subject.decode()}: was deleted by right, and no granted request is named"
            for pharmacy, subject, why, at in self.ended
            if not self._is_asked(pharmacy, why, at)
        ]

    def _is_asked(self, pharmacy: bytes, why: bytes, at: int) -> bool:
        right, _, case = why.partition(b"/")
        times = [told.get((pharmacy, case)) for told in (self.opened, self.granted)]
        return right == BY_RIGHT and all(time is not None and time <= at + SLACK for time in times)


class Missing:
    """A place without its event, and the times of what is there between it and the next one."""

    def __init__(self, place: int) -> None:
        self.place, self.times = place, (1 << 63, 0)  # the oldest and the youngest
        self.sealed_at: int | None = None  # of the checkpoint that came next

    def widen(self, times: tuple[int, int]) -> None:
        """Take times into account."""
        self.times = min(self.times[0], times[0]), max(self.times[1], times[1])


class Cuts:
    """Statements of what a restore lost: believed next after a checkpoint, of exactly the places missing before it."""

    def __init__(self) -> None:
        self.missing: list[Missing] = []  # before the last checkpoint
        self.newer: list[Missing] = []  # and since
        self.times = Missing(-1)  # what is there since, before the first of the newer
        self.head = (0, b"")  # of the last checkpoint
        self.first: dict[bytes, int] = {}  # place of a pharmacy's first event
        self.stated: dict[tuple[bytes, bytes], list[tuple[int, bytes, bytes]]] = {}  # leaf, pharmacy, event
        self.believed: list[str] = []

    def miss(self, place: int) -> None:
        """Take a place without its event into account."""
        self.newer.append(Missing(place))

    def hear(self, index: int, columns: list[bytes]) -> None:
        """Take an event into account."""
        self.first.setdefault(columns[1], index)
        if columns[4] == RESUMED:
            self.stated.setdefault((columns[12], columns[13]), []).append((index, columns[1], columns[2]))
        (self.newer[-1] if self.newer else self.times).widen((int(columns[3]), int(columns[3])))

    def seal(self, size: int, root: bytes, at: int) -> list[str]:
        """Judge what was stated since the last checkpoint, and go on from this one; return what is made up."""
        problems = []
        for (detail, digest), leaves in self.stated.items():
            count = self._count_of(detail)
            lost = self.missing[len(self.missing) - count :]
            if lost and self._fits(lost, detail, digest) and self._is_everywhere(lost[0].place, leaves):
                where = f"{count} events at places {lost[0].place} to {self.head[0] - 1}"
                leaf, _, event = leaves[0]
                self.believed.append(f"a restore lost {where}, as leaf {leaf} states: event {event.decode()}")
                del self.missing[-count:]
                for one in lost if self.missing else ():
                    self.missing[-1].widen(one.times)
            else:
                words = "states a loss that is not there so, or not in every pharmacy"
                problems += [f"leaf {leaf}: event {event.decode()} {words}" for leaf, _, event in leaves]
        if self.missing:
            self.missing[-1].widen(self.times.times)
        for one in self.newer:
            one.sealed_at = at
        self.missing += self.newer
        self.newer, self.times, self.stated, self.head = [], Missing(-1), {}, (size, root)
        return problems

    def _count_of(self, detail: bytes) -> int:
        """Return how many places a statement is about; 0 when there are not as many."""
        word = detail.rpartition(b" lost=")[2].decode()
        count = int(word) if word.isascii() and word.isdecimal() and len(word) < 19 else 0
        return count if count <= len(self.missing) else 0

    def _fits(self, lost: list[Missing], detail: bytes, digest: bytes) -> bool:
        told = b"from=%d to=%d lost=%d" % (lost[0].place, self.head[0], len(lost))
        places = b"".join(one.place.to_bytes(8, "big") for one in lost)
        if (detail, digest.decode()) != (told, hashlib.sha256(self.head[1] + places).hexdigest()):
            return False
        oldest, youngest = min(one.times[0] for one in lost), max(one.times[1] for one in lost)
        sealed_at = lost[0].sealed_at
        return sealed_at is not None and youngest <= sealed_at + SLACK and youngest - oldest <= 2 * SLACK

    def _is_everywhere(self, start: int, leaves: list[tuple[int, bytes, bytes]]) -> bool:
        """Tell whether each pharmacy with an event before the first lost place states it."""
        return {pharmacy for _, pharmacy, _ in leaves} >= {one for one, place in self.first.items() if place < start}


class Export:
    """One pass over an export: what is wrong so far, and what later lines are compared with."""

    def __init__(self, key: str, kept: bytes) -> None:
        self.key, self.kept = key, kept
        self.problems: list[str] = []
        self.stack = Stack()
        self.seals: dict[int, Seal] = {}
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.snapshot = Snapshot("", 0, 0, frozenset())
        self.since_seal: list[tuple[int, int]] = []  # index and time of the leaves that no checkpoint followed yet
        self.sealed_at: int | None = None
        self.is_broken = False  # once a root is wrong, so are all that follow
        self.told: dict[tuple[bytes, bytes, bytes], list[bytes]] = {}  # digests that events tell, by version
        self.erased: set[tuple[bytes, bytes]] = set()  # pharmacy and record
        self.shown: set[tuple[bytes, bytes]] = set()  # pharmacy, and the digest that a look at a list tells
        self.rows, self.authority, self.requests = Rows(), Authority(), Requests()
        self.latest: dict[tuple[bytes, bytes], int] = {}
        self.cuts = Cuts()

    def take(self, line: bytes) -> None:
        """Read one line."""
        word, _, rest = line.partition(b"\t")
        reader = {
            b"snapshot": self._read_snapshot,
            b"checkpoint": self._read_checkpoint,
            b"node": self._read_node,
            b"leaf": self._take_leaf,
            b"unsealed": self._take_unsealed,
            b"listing": self._take_listing,
            b"row": self._take_row,
            b"consent": self._read_consent,
            b"parcel": self._take_parcel,
            b"version": self._take_version,
            b"record": self._take_record,
        }.get(word)
        if reader is None:
            self.problems.append(f"a line of an unknown kind, after leaf {self.stack.size - 1}")
        else:
            reader(rest)

    def _read_snapshot(self, rest: bytes) -> None:
        cluster, oldest, coming, running = rest.decode().split("\t")
        self.snapshot = Snapshot(cluster, int(oldest), int(coming), frozenset(map(int, running.split())))

    def _read_checkpoint(self, rest: bytes) -> None:
        size, note, at, cluster, watermark = rest.decode().split("\t")
        seal = Seal(int(size), bytes.fromhex(note).decode(), int(at), cluster, int(watermark))
        self.seals[seal.size] = seal
        if seal.size < 1:
            self.problems.append(f"checkpoint {size}: no sealer makes one")

    def _read_node(self, rest: bytes) -> None:
        level, index, value = rest.decode().split("\t")
        self.nodes[int(level), int(index)] = bytes.fromhex(value)

    def _take_leaf(self, rest: bytes) -> None:
        """Add a leaf; name its event when it is missing, out of place, or not the one that was sealed."""
        number, stored, leaf = rest.split(b"\t", 2)
        index, columns = int(number), leaf.split(b"\t")
        while self.stack.size < index:
            self.problems.append(f"leaf {self.stack.size}: missing, the export goes on with {index}")
            self._grow(self._kept_at(self.stack.size) or bytes(32))
        sealed = self._kept_at(index) or bytes.fromhex(stored.decode())
        if len(columns) != COLUMNS or columns[2] == NULL:
            self.cuts.miss(index)
            if bytes.fromhex(stored.decode()) != sealed:
                self.problems.append(f"leaf {index}: the stored hash is not the sealed one")
        elif leaf_hash(leaf) != sealed:
            self.problems.append(f"leaf {index}: event {columns[2].decode()} is not the one that was sealed there")
        elif bytes.fromhex(stored.decode()) != sealed:
            self.problems.append(f"leaf {index}: the stored hash is not the sealed one")
        else:
            self.since_seal.append((index, int(columns[3])))
            self.cuts.hear(index, columns)
            self._hear(columns)
        self._grow(sealed)

    def _kept_at(self, index: int) -> bytes:
        return self.kept[index * 32 : index * 32 + 32]

    def _grow(self, value: bytes) -> None:
        for place, node in self.stack.push(value):
            if place[0] % TILE == 0 and self.nodes.pop(place, None) != node:
                self.problems.append(f"node {place[1]} of level {place[0]}: not that of its leaves")
        if self.stack.size in self.seals:
            self._judge(self.seals[self.stack.size])

    def _judge(self, seal: Seal) -> None:
        problem = seal.problem(self.key)
        if not problem and not self.is_broken and tree_head(seal.note)[2] != self.stack.root():
            problem, self.is_broken = f"an event up to {seal.size - 1} is not the one that was sealed", True
        if problem:
            self.problems.append(f"checkpoint {seal.size}: {problem}")
        for index, moment in self.since_seal:
            if moment > seal.at + SLACK or (self.sealed_at is not None and moment < self.sealed_at - SLACK):
                self.problems.append(f"leaf {index}: the event says a time at which it was not sealed")
        self.since_seal, self.sealed_at = [], seal.at
        self.problems += self.cuts.seal(seal.size, self.stack.root(), seal.at)

    def _take_unsealed(self, rest: bytes) -> None:
        """Judge an event without a leaf: its transaction must be one that the last seal had not reached, and over."""
        number, _, leaf = rest.partition(b"\t")
        columns = leaf.split(b"\t")
        if self._waits(int(number), int(columns[3])):
            self._hear(columns)
        else:
            self.problems.append(f"event {columns[2].decode()}: not sealed, and none that waits for the next seal")

    def _waits(self, xid: int, moment: int) -> bool:
        if not self.seals:
            return self.snapshot.is_over(xid)
        last = self.seals[max(self.seals)]
        if last.cluster == self.snapshot.cluster and last.watermark <= self.snapshot.next:
            return last.watermark <= xid and self.snapshot.is_over(xid) and moment >= last.at - SLACK
        return moment >= last.at - SLACK  # the numbers of another cluster tell nothing

    def _hear(self, columns: list[bytes]) -> None:
        if columns[4] in SIGNED:
            self.told.setdefault((columns[1], columns[9], columns[12]), []).append(columns[13])
        if columns[4] == ERASED:
            self.erased.add((columns[1], columns[9]))
        if columns[4] in LISTINGS and columns[13]:
            self.shown.add((columns[1], columns[13]))
        self.rows.hear(columns[1], columns[14])
        self.authority.hear(columns)
        self.requests.hear(columns)

    def _take_listing(self, rest: bytes) -> None:
        pharmacy, number, digest = rest.split(b"\t")
        # The id is the first half of the digest: a listing that was altered leaves its event without one.
        if digest.startswith(number.replace(b"-", b"")):
            self.shown.discard((pharmacy, digest))

    def _take_row(self, rest: bytes) -> None:
        self.problems += self.rows.judge(*rest.split(b"\t"))

    def _read_consent(self, rest: bytes) -> None:
        pharmacy, number, patient = rest.split(b"\t")
        self.authority.consents[pharmacy, number] = patient

    def _take_parcel(self, rest: bytes) -> None:
        pharmacy, number, state, *last = rest.split(b"\t")
        key = (pharmacy, number)
        self.problems += self.authority.judge_parcel(key, state, last, is_named=key in self.rows.replaced)

    def _take_version(self, rest: bytes) -> None:
        pharmacy, record, number, _id, digest = rest.split(b"\t")
        self.latest[pharmacy, record] = max(int(number), self.latest.get((pharmacy, record), 0))
        told = self.told.pop((pharmacy, record, number), [])
        if (pharmacy, record) in self.erased:
            self.problems.append(f"version {number.decode()} of record {record.decode()}: was deleted, and is back")
        elif told != [digest]:
            fault = "was replaced" if told else "was not written by any sealed event"
            fault = "is told by several events" if len(told) > 1 else fault
            self.problems.append(f"version {number.decode()} of record {record.decode()}: {fault}")

    def _take_record(self, rest: bytes) -> None:
        pharmacy, record, number, patient, state = rest.split(b"\t")
        self.problems += self.authority.judge_record(pharmacy, record, patient, state)
        if int(number) != self.latest.pop((pharmacy, record), 0):
            self.problems.append(f"record {record.decode()}: says version {number.decode()}, which is not its latest")

    def end(self) -> list[str]:
        """Judge what is left over."""
        unstated = [*self.cuts.missing, *self.cuts.newer]
        self.problems += [f"leaf {one.place}: its event is missing" for one in unstated]
        beyond = sorted(size for size in self.seals if size > self.stack.size)
        self.problems += [f"checkpoint {size}: its events are missing" for size in beyond]
        if self.stack.size not in self.seals and self.stack.size:
            self.problems.append(f"the last {self.stack.size - max([0, *self.seals])} leaves have no checkpoint")
        self.problems += [f"node {index} of level {level}: beyond the leaves" for level, index in self.nodes]
        self.problems += [
            f"version {number.decode()} of record {record.decode()}: is gone"
            for pharmacy, record, number in self.told
            if (pharmacy, record) not in self.erased
        ]
        self.problems += [
            f"listing {digest.decode()[:32]} of pharmacy {pharmacy.decode()}: is gone, or was altered"
            for pharmacy, digest in sorted(self.shown)
        ]
        self.problems += [*self.rows.end(), *self.requests.end()]
        return self.problems


def check_export(stream: BinaryIO, key: str, folder: Path | None = None) -> list[str]:
    """Recompute an export and return what is wrong with it."""
    if stream.readline() != HEADER:
        return ["this is not an export of a journal"]
    export = Export(key, _kept_leaves(folder) if folder else b"")
    problems = ["the export is cut: its last line is missing"]
    for count, line in enumerate(stream, 1):
        if line == b"end\t%d\n" % count:
            problems = []
            break
        export.take(line.removesuffix(b"\n"))
    problems += export.end()
    if folder:
        problems += _compare_folder(folder, export.seals, key)
    for cut in export.cuts.believed:
        print(cut)
    print(export.stack.size, base64.b64encode(export.stack.root()).decode())
    return problems


def _kept_leaves(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*/*.leaves"), key=lambda path: path.name))


def _compare_folder(folder: Path, seals: dict[int, Seal], key: str) -> list[str]:
    problems, kept = [], sorted(folder.glob("*/*.checkpoint"), key=lambda path: path.name)
    for path in kept:
        note = path.read_text(encoding="utf-8")
        _, size, root = tree_head(note)
        if not signed_by(note, key):
            problems.append(f"folder, checkpoint {size}: not signed by the journal")
        elif size not in seals:
            problems.append(f"folder, checkpoint {size}: the export has none of this size")
        elif tree_head(seals[size].note)[2] != root:
            problems.append(f"folder, checkpoint {size}: the export has another journal")
        elif seals[size].text() != note.rpartition("\n\n")[0] + "\n":
            problems.append(f"folder, checkpoint {size}: the export has another of this size")
    return problems or ([] if kept else ["folder: no checkpoint"])


def check_list(content: dict, keys: list[str]) -> list[str]:
    """Check a patient's list: the checkpoint's signatures, and that each event is in the tree it speaks of."""
    note = content["checkpoint"]
    problems = [f"the checkpoint is not signed by {key.split('+')[0]}" for key in keys if not signed_by(note, key)]
    _, size, root = tree_head(note)
    for look in content["looks"]:
        path = [base64.b64decode(one) for one in look["path"]]
        if root_from_path(look["index"], size, leaf_hash(look["leaf"].encode()), path) != root:
            problems.append(f"event {look['leaf'].split(chr(9))[2]}: not in the journal that was signed")
    return problems


if __name__ == "__main__":
    sys.exit(main())
