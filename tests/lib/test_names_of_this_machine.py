"""The two names of one's own machine."""

import pytest

from temoin.lib.section import by_each_name


@pytest.mark.parametrize(
    ("told", "others"),
    [
        ("http://localhost:8600", ["http://127.0.0.1:8600"]),
        ("http://127.0.0.1:8601/x", ["http://localhost:8601/x"]),
        ("https://temoin.example.fr/x", []),
        ("http://localhost.example.fr", []),
    ],
)
def test_an_address_is_told_by_its_other_name_on_ones_own_machine_alone(told, others):
    assert by_each_name(told) == [told, *others]
