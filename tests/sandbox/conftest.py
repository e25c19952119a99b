"""A running sandbox for each test."""

from collections.abc import Iterator

import pytest
from sandbox_server import Sandbox, running_sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Serve on free ports."""
    with running_sandbox() as sandbox:
        yield sandbox
