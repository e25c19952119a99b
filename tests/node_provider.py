"""Programs of tests/oidc, started for a test: each reads JSON, listens on its given port, and says so in a line."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ports import free_port
from programs import need

FOLDER = Path(__file__).parent / "oidc"


@contextmanager
def running_node(script: str, **told: Any) -> Iterator[int]:
    """Start a script on a free port, and stop it; yield the port."""
    node = need("nodejs", shutil.which("node") or "/usr/bin/node")
    need("npm, then npm ci --prefix tests/oidc", str(FOLDER / "node_modules" / "oidc-provider"))
    port = free_port()
    process = subprocess.Popen(
        [node, str(FOLDER / script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps({"port": port, **told}).encode())
        process.stdin.close()
        line = process.stdout.readline()
        while line and line.strip() != b"listening":
            line = process.stdout.readline()
        assert line, "the provider did not start"
        yield port
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
