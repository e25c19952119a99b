"""Whose a document is, as a server shows it back: the pharmacy's number, or nothing of what is not of that shape."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import covid_positive, examples

from temoin.formats.fhir import document, plain_document
from temoin.formats.fhir.custodian import custodian_finess

NAMES = ("entry", "fullUrl", "resource", "resourceType", "custodian", "reference", "identifier", "system", "value")
SHAPES = st.recursive(
    st.none() | st.sampled_from(("Composition", "Organization", "a", "")) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("write", [document, plain_document])
def test_a_document_of_ours_tells_its_pharmacy(write: Any) -> None:
    report = covid_positive()

    assert custodian_finess(orjson.loads(write(report))) == report.organisation.finess


@examples(50)
@given(st.dictionaries(st.sampled_from(NAMES), SHAPES, max_size=4))
def test_whatever_they_show_is_read_or_left(shown: dict[str, Any]) -> None:
    assert custodian_finess(shown) == ""
