"""The pass of a verification over the journal's rows: each event against its leaf, the tree against each checkpoint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from temoin.crypto.notes import NoteVerifier
from temoin.journal.checkpoint import Checkpoint, CheckpointError, Reach, parse_checkpoint
from temoin.journal.cuts import SECOND, SLACK, Cut, Losses
from temoin.journal.findings import Fault, JournalFinding
from temoin.journal.leaf import NULL, read_head
from temoin.journal.tree import GrowingTree, hash_leaf


@dataclass(slots=True)
class Row:
    """A leaf with its event, as they stand."""

    index: int
    stored: bytes
    pharmacy_id: str
    event_id: str
    note: bytes
    reach: Reach | None
    leaf: bytes

    def finding(self, fault: Fault, note: str = "") -> JournalFinding:
        return JournalFinding(fault, self.index, self.event_id, self.pharmacy_id, note)


@dataclass
class WalkOutcome:
    """What a verification found, and what it went through."""

    findings: list[JournalFinding] = field(default_factory=list)
    events: int = 0
    size: int = 0
    root: bytes = b""
    checkpoints: int = 0
    cuts: list[Cut] = field(default_factory=list)


@dataclass(frozen=True)
class Evidence:
    """What witnesses say: who saw which checkpoint, and leaf hashes by index where a folder kept them."""

    seen: tuple[tuple[str, Checkpoint], ...] = ()
    leaves: bytes = b""
    findings: tuple[JournalFinding, ...] = ()

    def __add__(self, other: Evidence) -> Evidence:
        """Put what two witnesses say together; the first folder that kept leaves is believed."""
        return Evidence(self.seen + other.seen, self.leaves or other.leaves, self.findings + other.findings)

    def until(self, size: int) -> tuple[Evidence, int]:
        """Return what was seen of the first `size` events, and how many more are known: of an older copy, no fault."""
        known = max((checkpoint.size for _, checkpoint in self.seen), default=size)
        seen = tuple((name, checkpoint) for name, checkpoint in self.seen if checkpoint.size <= size)
        return Evidence(seen, self.leaves, self.findings), max(0, known - size)

    def leaf(self, index: int) -> bytes | None:
        """Return the hash that the folder kept for a place."""
        return self.leaves[index * 32 : index * 32 + 32] or None


class Walk:
    """The pass over all rows: a tree that grows, and the rows since the last checkpoint."""

    def __init__(self, verifier: NoteVerifier, evidence: Evidence, outcome: WalkOutcome, tree: GrowingTree) -> None:
        self.verifier = verifier
        self.evidence = evidence
        self.outcome = outcome
        self.tree = tree
        self.since_last: list[Row] = []
        self.last_sealed_at: int | None = None
        self.is_broken = False  # a root has failed: later ones say nothing new
        self.start = tree.size
        self.wanted = {checkpoint.size for _, checkpoint in evidence.seen}
        self.judged: set[int] = set()  # sizes at which the database has a checkpoint
        self.roots = {tree.size: tree.root()}
        self.texts: dict[int, bytes] = {}  # of the database's checkpoints that a witness saw
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.losses = Losses(tree.size, tree.root())

    def take(self, row: Row) -> None:
        """Judge one row, then the checkpoint that ends with it, if any."""
        while self.tree.size < row.index:
            self._fill_hole()
        actual = hash_leaf(row.leaf)
        self._judge_event(row, actual)
        # An event that was changed is named already: with the sealed hash in its place the roots tell of the others.
        self._grow(self.evidence.leaf(row.index) or row.stored)
        self.since_last.append(row)
        self.outcome.events += 1
        if self.tree.size in self.wanted:
            self.roots[self.tree.size] = self.tree.root()
        if row.note:
            self._judge_checkpoint(row)

    def _grow(self, leaf_hash: bytes) -> None:
        for level, index, node in self.tree.append(leaf_hash):
            self.nodes[level, index] = node

    def _fill_hole(self) -> None:
        index = self.tree.size
        self._add(JournalFinding(Fault.LEAF_MISSING, index))
        self.judged.add(index + 1)  # a checkpoint there came with the leaf, which is named already
        self._grow(self.evidence.leaf(index) or bytes(32))

    def _judge_event(self, row: Row, actual: bytes) -> None:
        sealed = self.evidence.leaf(row.index) or row.stored
        if _is_missing(row.leaf):
            self.losses.miss(row.finding(Fault.MISSING))  # a statement may yet come
        elif actual != sealed:
            self._add(row.finding(self._kind_of_change(actual)))
            return
        else:
            self.losses.hear(row.index, row.pharmacy_id, row.event_id, row.leaf)
        if row.stored != sealed:
            self._add(row.finding(Fault.LEAF_MISSING, "the hash in the tree is not the sealed one"))

    def _kind_of_change(self, actual: bytes) -> Fault:
        leaves = self.evidence.leaves
        place = leaves.find(actual)
        while place > 0 and place % 32:
            place = leaves.find(actual, place + 1)
        return Fault.ALTERED if place < 0 else Fault.REORDERED

    def _judge_checkpoint(self, row: Row) -> None:
        rows, self.since_last = self.since_last, []
        self.outcome.checkpoints += 1
        self.judged.add(self.tree.size)
        fault = self._fault_of(row)
        if fault:
            self._add(JournalFinding(Fault.CHECKPOINT, self.tree.size, note=fault))
        if row.reach is not None:
            self._judge_times(rows, row.reach.microseconds)
            self.last_sealed_at = row.reach.microseconds
        if not fault and not self.is_broken and parse_checkpoint(row.note.decode()).root != self.tree.root():
            self.is_broken = True
            self._name_rows(rows)
        sealed_at = None if row.reach is None else row.reach.microseconds
        for judged in self.losses.seal(self.tree.size, self.tree.root(), sealed_at):
            if isinstance(judged, JournalFinding):
                self._add(judged)
            else:
                self.outcome.cuts.append(judged)

    def _fault_of(self, row: Row) -> str:
        try:
            checkpoint = parse_checkpoint(row.note.decode())
        except (CheckpointError, UnicodeDecodeError):
            return f"the checkpoint of {self.tree.size} cannot be read"
        if self.tree.size in self.wanted:
            self.texts[self.tree.size] = checkpoint.text
        if not checkpoint.is_signed_by(self.verifier):
            return f"the checkpoint of {self.tree.size} is not signed by {self.verifier.name}"
        if checkpoint.size != self.tree.size:
            return f"the checkpoint of {self.tree.size} says {checkpoint.size}"
        return wrong_reach(checkpoint, row.reach)

    def _name_rows(self, rows: list[Row]) -> None:
        """Name what a failed root is about: exactly, when a folder kept the leaves; else every event it may be."""
        named = {finding.index for finding in self.outcome.findings} | {one.index for one in self.losses.end()}
        if self.evidence.leaf(self.tree.size - 1) and named & {row.index for row in rows}:
            return
        note = (
            f"this event or another of the {len(rows)} of the checkpoint of {self.tree.size} was changed with its leaf"
        )
        for row in rows:
            if row.index not in named:
                self._add(row.finding(Fault.ALTERED, note))

    def _judge_times(self, rows: Iterable[Row], sealed_at: int) -> None:
        slack = int(SLACK.total_seconds()) * SECOND
        earliest = None if self.last_sealed_at is None else self.last_sealed_at - slack
        for row in rows:
            if _is_missing(row.leaf):
                continue
            moment = read_head(row.leaf).microseconds
            if moment > sealed_at + slack or (earliest is not None and moment < earliest):
                self._add(row.finding(Fault.BACKDATED))

    def end(self) -> None:
        """Judge what stands after the last row."""
        self.outcome.size, self.outcome.root = self.tree.size, self.tree.root()
        self.outcome.findings += self.losses.end()  # of which nobody stated that they were lost
        for row in self.since_last:
            self._add(row.finding(Fault.ADDED, "the leaf is of no signed checkpoint"))
        for size in sorted(size for size in self.wanted - self.judged if self.start < size <= self.tree.size):
            self._add(
                JournalFinding(Fault.CHECKPOINT, size, note=f"the checkpoint of {size}, which a witness saw, is gone")
            )
        for name, seen in self.evidence.seen:
            if self._judge_witness(name, seen):
                break  # what came after it is not the same journal either

    def _judge_witness(self, name: str, seen: Checkpoint) -> bool:
        size = seen.size
        if size > self.tree.size:
            note = f"events {self.tree.size} to {size - 1} are gone: {name} saw {size}"
            self._add(JournalFinding(Fault.WITNESS, self.tree.size, note=note))
            return True
        if size in self.roots and self.roots[size] != seen.root:
            note = f"the first {size} events are not those that {name} saw"
            self._add(JournalFinding(Fault.WITNESS, size, note=note))
            return True
        if self.texts.get(size, seen.text) != seen.text:
            self._add(
                JournalFinding(Fault.WITNESS, size, note=f"the checkpoint of {size} is not the one that {name} saw")
            )
        return False

    def _add(self, finding: JournalFinding) -> None:
        self.outcome.findings.append(finding)


def wrong_reach(checkpoint: Checkpoint, stored: Reach | None) -> str:
    """Return what is wrong with time, cluster and watermark beside a checkpoint: all three were signed with it."""
    if checkpoint.reach is None or checkpoint.reach != stored:
        return f"the checkpoint of {checkpoint.size} was signed with another time, cluster or watermark"
    return ""


def _is_missing(leaf: bytes) -> bool:
    return leaf.split(b"\t", 3)[2] == NULL
