"""Providers of short messages, for the tests of both and for those of the courier."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sms_providers import SmsBehaviour, running_sms_provider


@pytest.fixture(scope="module")
def server() -> Iterator[SmsBehaviour]:
    with running_sms_provider() as running:
        yield running


@pytest.fixture
def told(server: SmsBehaviour) -> SmsBehaviour:
    """The server, as if nothing had been asked yet."""
    return server.begin_again()
