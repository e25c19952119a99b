"""The way by which a patient wants results, and their consent to it: which text, in which version, since which act.

The consent to a way is an event (`patient.way_agreed`) that names the way and the version of the text; taking it back
is another. Both stay in the journal when the record says something else.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from temoin.journal.act import Acts
from temoin.journal.events import EventKind
from temoin.patients.traits import PAPER, Traits

WAY_TEXT = "2026-11"  # of the words beside the choice; other words are another version, kept with each consent


def with_text(traits: Traits, known: Traits | None = None) -> Traits:
    """Return traits with the version of the text that their way was agreed to under: today's, unless it stays so."""
    if traits.way in {"", PAPER}:
        return replace(traits, way_text="")
    if known is not None and known.way == traits.way and known.way_text:
        return replace(traits, way_text=known.way_text)
    return replace(traits, way_text=WAY_TEXT)


def tell_way(acts: Acts, patient_id: UUID, traits: Traits, known: Traits | None = None) -> None:
    """Add to acts written together what the patient agrees to, and what they no longer agree to."""
    before, after = _agreed(known) if known else "", _agreed(traits)
    if before == after:
        return
    for kind, agreed in ((EventKind.WAY_WITHDRAWN, before), (EventKind.WAY_AGREED, after)):
        if agreed:
            with acts.act(kind=kind, subject_kind="patient", subject_id=patient_id, detail=agreed):
                pass


def _agreed(traits: Traits) -> str:
    return f"{traits.way}/{traits.way_text}" if traits.way_text else ""
