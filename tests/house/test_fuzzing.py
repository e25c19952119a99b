"""Fuzzing knows every parser of what strangers send, runs shortly here, and tells each kind of failure."""

from __future__ import annotations

import ast
import signal
import time

import pytest
from source_code import sources

from fuzz.inputs import of_kinds
from fuzz.parsers import NO_PARSERS, PARSERS, Parser
from fuzz.run import TooSlowError, drive

ROOMS = ("formats", "scanning", "mail", "intake")
BYTES = {"bytes", "BinaryIO"}
READS = {"read", "parse", "decode", "find", "open", "judge", "split", "unpack"}


def looks_like_a_parser(function: ast.FunctionDef) -> bool:
    """Whether it takes bytes or a file; or takes text first, and by its name reads it."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    types = [{one.id for one in ast.walk(each.annotation) if isinstance(one, ast.Name)} for each in every]
    reads = bool(types) and "str" in types[0] and function.name.split("_")[0] in READS
    return reads or any(kind & BYTES for kind in types)


def test_every_parser_is_in_the_table_or_says_why_not():
    found = {
        f"{source.path}:{node.name}"
        for source in sources()
        if source.room in ROOMS
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and looks_like_a_parser(node)
    }

    assert len(found) > 60
    assert sorted(found - set(PARSERS) - set(NO_PARSERS)) == []
    assert set(NO_PARSERS) <= found
    assert {name for name in PARSERS if name.split("/")[0] in ROOMS} - found <= {
        "formats/handed/fhir_file.py:told_of_json",  # a partial of one function
        "formats/handed/fhir_file.py:told_of_xml",
    }


@pytest.fixture
def clock():
    """The signal that ends an input which takes too long, as `bound` sets it in a process of its own."""

    def stop(*_: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, stop)
    yield
    signal.signal(signal.SIGPROF, before)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_reads_or_refuses_whatever_comes(name):
    tally = drive(name, PARSERS[name], of_kinds(PARSERS[name].like, {}), inputs=200, number=1, kept=None)

    assert tally.failures == {}
    assert tally.inputs >= 150


def fails(data: bytes) -> None:
    if b"\0" in data:
        raise KeyError
    if b"A" * 50 in data:
        until = time.process_time() + 30
        while time.process_time() < until:
            pass


@pytest.mark.usefixtures("clock")
def test_a_wrong_exception_and_a_hang_are_told_and_kept(tmp_path):
    tally = drive("x", Parser(fails, (ValueError,)), [b"\0", b"A" * 50, b"good"], inputs=3, number=1, kept=tmp_path)

    assert list(tally.failures) == [
        f"KeyError at test_fuzzing.py:{fails.__code__.co_firstlineno + 2}",
        "took more than a second",
    ]
    assert {path.name for path in tmp_path.iterdir()} == set(tally.failures.values())
