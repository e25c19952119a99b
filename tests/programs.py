"""Programs of Debian that tests use for real: a desk without one skips those tests and says why; CI must have them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def need(package: str, *places: str) -> str:
    """Return where the program or library of a Debian package is."""
    for place in places:
        if Path(place).exists():
            return place
    words = f"needs Debian's {package}: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(words)
    pytest.skip(words)
