"""The archive: files behind a manifest that the journal's key signs, the same bytes for the same facts.

`temoin_witness.packs` reads it, and shares none of this code; docs/auditor.md has the format.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from temoin.crypto.notes import NoteSigner
from temoin.journal.checkpoint import Checkpoint

FORMAT, MANIFEST = "temoin-evidence/1", "MANIFEST"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIX = 3


def signed_manifest(signer: NoteSigner, files: Mapping[str, bytes], tree: Checkpoint, made_at: datetime) -> str:
    """Return the manifest: never the text of a checkpoint, whose second line is a size."""
    lines = [FORMAT, signer.verifier.name, f"at {(made_at - _EPOCH) // timedelta(microseconds=1)}"]
    lines.append(f"tree {tree.size} {b64encode(tree.root).decode()}")
    lines += [f"{sha256(content).hexdigest()} {name}" for name, content in sorted(files.items())]
    text = "".join(f"{line}\n" for line in lines)
    return f"{text}\n{signer.sign_line(text.encode())}"


def packed(manifest: str, files: Mapping[str, bytes]) -> bytes:
    """Return the archive; nothing in it tells of the machine that wrote it."""
    whole = io.BytesIO()
    with ZipFile(whole, "w", ZIP_STORED) as archive:
        for name, content in [(MANIFEST, manifest.encode()), *sorted(files.items())]:
            entry = ZipInfo(name)  # of 1 January 1980
            entry.create_system, entry.external_attr = _UNIX, 0o100644 << 16
            archive.writestr(entry, content)
    return whole.getvalue()
