"""What a demonstration tells the newcomer, whatever version made its folder."""

from __future__ import annotations

import pytest

from temoin_demo.ports import Ports
from temoin_demo.words import tell_demonstration

PROGRAM = {"client_id": "a.b", "private_key": "…"}


@pytest.mark.parametrize(
    ("remembered", "shows"), [({"accounts": [], "program": PROGRAM}, True), ({"accounts": []}, False)]
)
def test_a_folder_of_an_earlier_version_is_told_without_what_it_does_not_have(capsys, tmp_path, remembered, shows):
    tell_demonstration(Ports(9500), remembered, tmp_path, 1.0)

    assert ("--client-id a.b" in capsys.readouterr().out) is shows
