"""What follows a commit goes through one door, where a failure is logged and takes neither answer nor others down."""

from __future__ import annotations

import ast

from source_code import sources

DOORS = {
    "lib/after_commit.py": "the door",
    "crypto/ring.py": "keeps a key at hand, in two steps in memory that cannot fail",
}


def test_whatever_follows_a_commit_goes_through_the_door():
    found = {
        source.path
        for source in sources()
        for node in source.nodes(ast.Attribute, ast.Name)
        if "on_commit" in {getattr(node, "attr", ""), getattr(node, "id", "")}
    }

    assert found == set(DOORS)


def test_the_door_is_robust():
    [door] = [source for source in sources() if source.path == "lib/after_commit.py"]
    [call] = [node for node in door.nodes(ast.Call) if getattr(node.func, "attr", "") == "on_commit"]

    assert [(word.arg, ast.literal_eval(word.value)) for word in call.keywords] == [("robust", True)]
