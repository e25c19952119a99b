"""Gathers what witnesses hold of the journal, to be compared with what the database holds."""

from __future__ import annotations

from pathlib import Path

from temoin.crypto.notes import NoteVerifier, parse_vkey
from temoin.journal.couriers.folder import kept_checkpoints
from temoin.journal.couriers.following import TROUBLES, FollowError
from temoin.journal.couriers.http import HttpWitness
from temoin.journal.findings import Fault, JournalFinding
from temoin.journal.walk import Evidence


def witness_evidence(name: str, url: str, vkey: str, *, origin: str) -> Evidence:
    """Return the last checkpoint that a witness on HTTP cosigned; a silent witness is a finding."""
    try:
        checkpoint = HttpWitness(name, url, parse_vkey(vkey)).latest(origin)
    except FollowError as error:
        return Evidence(findings=(JournalFinding(Fault.WITNESS, note=f"{name}: {TROUBLES[error.code]}"),))
    if checkpoint is None:
        return Evidence(findings=(JournalFinding(Fault.WITNESS, note=f"{name} has cosigned nothing of {origin}"),))
    return Evidence(seen=((name, checkpoint),))


def folder_evidence(folder: Path, verifier: NoteVerifier) -> Evidence:
    """Return the checkpoints and leaf hashes of a folder; what the journal's key did not sign is a finding."""
    seen, leaves, findings = [], bytearray(), []
    try:
        for checkpoint, added in kept_checkpoints(folder):
            if not checkpoint.is_signed_by(verifier):
                note = f"{folder}: the checkpoint of {checkpoint.size} is not signed by {verifier.name}"
                findings.append(JournalFinding(Fault.WITNESS, note=note))
                continue
            leaves += added
            seen.append((str(folder), checkpoint))
            if len(leaves) != checkpoint.size * 32:
                findings.append(
                    JournalFinding(Fault.WITNESS, note=f"{folder}: leaves before {checkpoint.size} are missing")
                )
                return Evidence(tuple(seen), b"", tuple(findings))
    except (OSError, FollowError):
        findings.append(JournalFinding(Fault.WITNESS, note=f"{folder} cannot be read"))
    if not seen:
        findings.append(JournalFinding(Fault.WITNESS, note=f"{folder} holds no checkpoint of {verifier.name}"))
    return Evidence(tuple(seen), bytes(leaves), tuple(findings))
