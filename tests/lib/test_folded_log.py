"""A line of the log that anybody can bring about: one a minute, and none is uncounted."""

from __future__ import annotations

import logging

import pytest

from temoin.lib.folded_log import FoldedLog


def test_the_first_is_told_at_once_and_the_next_after_a_minute_with_their_number(caplog: pytest.LogCaptureFixture):
    moment = [0.0]
    folded = FoldedLog(logging.getLogger("temoin.api"), "refused", clock=lambda: moment[0])

    for second in range(130):
        moment[0] = float(second)
        folded.note(f"R-{second}", "R-4")

    assert caplog.messages == [
        "refused: R-0, R-4 (1 since the last line)",
        "refused: R-1, R-4, R-2, R-3, R-5, … (60 since the last line)",
        "refused: R-61, R-4, R-62, R-63, R-64, … (60 since the last line)",
    ]
