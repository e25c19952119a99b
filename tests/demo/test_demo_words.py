"""What a demonstration tells the newcomer, whatever version made its folder."""

from __future__ import annotations

import shlex

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


def test_what_is_to_be_typed_can_be_typed_whatever_the_folder_is_called(capsys, tmp_path):
    folder = tmp_path / "dé mo (2) l'autre"

    tell_demonstration(Ports(9500), {"accounts": [], "program": PROGRAM}, folder, 1.0)

    lines = capsys.readouterr().out.replace("\\\n", " ").splitlines()
    typed = [shlex.split(line) for line in lines if "--data" in line or "--key" in line]
    assert len(typed) == 4
    assert all(any(word.startswith(str(folder)) for word in words) for words in typed)
