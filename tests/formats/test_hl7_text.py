"""Text in HL7 v2: nothing that anybody types can be taken for a separator, a segment end or a frame."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import hl7
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from temoin.formats.hl7v2 import Hl7Error, Separators, framed, read_message
from temoin.formats.hl7v2.separators import DEFAULT, escaped, read_separators, unescaped
from temoin.formats.hl7v2.syntax import read_time
from temoin.formats.hl7v2.writing import joined, moment, segment

VISIBLE = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
FRAME_AND_ENDS = "\r\n\x0b\x1c"


def separators() -> st.SearchStrategy[Separators]:
    """The separators of any receiver."""
    return st.permutations(VISIBLE).map(lambda order: Separators(*order[:5]))


def hostile() -> st.SearchStrategy[str]:
    """Text made to break out: separators, escapes, ends of segment and frame, and anything else."""
    pieces = st.sampled_from([*VISIBLE, "\r", "\n", "\x0b", "\x1c\r", "\\F\\", "\\X0D\\", "\\.br\\", "MSH|", "é", "🙂"])
    return st.one_of(st.text(), st.lists(pieces, max_size=12).map("".join))


@given(hostile(), separators())
@example("\\", DEFAULT)
@example("\n", Separators(".", "^", "~", "\\", "&"))
@example("\n", Separators("|", "^", "~", ".", "&"))
def test_text_comes_back_as_it_was(text, chosen):
    assert unescaped(escaped(text, chosen), chosen) == text


@given(hostile(), separators())
@example("\n", Separators(".", "^", "~", "\\", "&"))
def test_escaped_text_holds_no_separator_and_no_frame(text, chosen):
    written = escaped(text, chosen)

    forbidden = {chosen.field, chosen.component, chosen.repetition, chosen.subcomponent, *FRAME_AND_ENDS}
    assert not forbidden & set(written)


@given(st.lists(hostile(), min_size=1, max_size=4), separators())
def test_fields_components_and_repetitions_stay_where_they_were_put(texts, chosen):
    fields = {3: "A", 9: tuple(texts), 10: [(each, "x") for each in texts], 11: (("a", *texts), "end")}
    header = read_message(joined([segment("MSH", fields, chosen)])).header

    assert [header.text(9, n) for n in range(1, len(texts) + 1)] == texts
    assert [header.text(10, 1, repetition=n) for n in range(1, len(texts) + 1)] == texts
    assert [header.text(11, 1, n) for n in range(2, len(texts) + 2)] == texts
    assert header.text(11, 2) == "end"


@given(hostile())
def test_an_independent_parser_reads_the_same_text(text):
    parsed = hl7.parse(joined([segment("MSH", {3: "A"}), segment("NTE", {3: text, 4: "end"})]).decode())

    assert str(parsed.segment("NTE")[4]) == "end"
    read = parsed.unescape(str(parsed.segment("NTE")[3]))
    assert read == text.replace("\n", "\r")  # what it makes of \.br\


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A\\F\\B\\S\\C\\R\\D\\T\\E\\E\\", "A|B^C~D&E\\"),
        ("line\\.br\\line", "line\nline"),
        ("\\H\\bold\\N\\", "bold"),
        ("\\X0D0A\\", "\r\n"),
        ("\\XC3A9\\", "é"),
        ("\\XC3\\", "\\XC3\\"),  # half a character: nothing is guessed
        ("\\Zlocal\\", "\\Zlocal\\"),
        ("C:\\DIR", "C:\\DIR"),
    ],
)
def test_what_others_escape_is_read(written, read):
    assert unescaped(written) == read


@pytest.mark.parametrize("five", ["||~\\&", "|^^\\&", "|A~\\&", "| ~\\&", "|é~\\&", "|\r~\\&"])
def test_separators_that_cannot_work_are_refused(five):
    with pytest.raises(Hl7Error, match="MSH-2"):
        Separators(*five)


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("MSH|^~\\&|A", DEFAULT),
        ("MSH#*!%@#A", Separators("#", "*", "!", "%", "@")),
        ("MSH|^~|A", DEFAULT),
        ("MSH|^~\\&#|A", DEFAULT),
    ],
)
def test_the_senders_own_separators_are_read(header, read):
    assert read_separators(header) == read


@pytest.mark.parametrize("header", ["MSH", "MSH|", "MSH|^|A", "MSH|^~\\&#!|A", "MSH|^^\\&|A"])
def test_a_header_without_separators_is_refused(header):
    with pytest.raises(Hl7Error, match="MSH-2"):
        read_separators(header)


@pytest.mark.parametrize("inside", [b"\x0b", b"\x1c", b"\x1c\r"])
def test_a_frame_cannot_be_ended_from_inside(inside):
    with pytest.raises(Hl7Error, match="frame"):
        framed(b"MSH" + inside)


def test_a_frame_is_a_start_block_and_an_end_block():
    assert framed(b"MSH") == b"\x0bMSH\x1c\r"


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.integers(-12, 14))  # noqa: DTZ001
def test_times_keep_their_instant_and_their_zone(when, hours):
    when = when.astimezone(timezone(timedelta(hours=hours)))
    cut = when.replace(microsecond=when.microsecond // 100 * 100)

    assert read_time(moment(when)) == cut
    assert read_time(moment(when)).utcoffset() == when.utcoffset()


@pytest.mark.parametrize(("text", "read"), [("2026", None), ("202611", None), ("20261124", "2026-11-24T00:00:00")])
def test_a_time_is_never_more_exact_than_it_is(text, read):
    found = read_time(text)

    assert (found.isoformat() if found else None) == read


@pytest.mark.parametrize("text", ["20261", "20261332", "2026-11-24", "٢٠٢٦١١٢٤", "20261124\n", "20261124+1", "soon"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        read_time(text)
