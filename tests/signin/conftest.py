"""The people of a pharmacy, for the tests of how they sign in."""

from __future__ import annotations

import pytest
from people import House, open_house


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    """Two pharmacies and their people."""
    return open_house()
