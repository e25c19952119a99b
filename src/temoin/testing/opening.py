"""What a record seals at each step before its result."""

from __future__ import annotations

from collections.abc import Mapping

from temoin.lib.clock import now
from temoin.testing.report import Device
from temoin.testing.sample import SAMPLED, Sample

# What a record seals of a sample that was not taken yet, or was taken back.
UNSAMPLED: Mapping[str, object] = {
    "specimen": "",
    "sampled_at": "",
    "started_at": "",
    "typed_times": [],
    "device": None,
}


def opening(kind: str, notice_version: str, source: str, source_key: str, *, number: str = "") -> dict[str, object]:
    """Return what a record seals at its registration."""
    return {
        "kind": kind,
        "registered_at": now().isoformat(),
        "notice": notice_version,
        "source": source,
        "source_key": source_key,
        "number": number,
        **UNSAMPLED,
    }


def sampled(sample: Sample) -> dict[str, object]:
    """Return what a record seals besides once its sample was taken."""
    return {
        "specimen": sample.specimen,
        "sampled_at": sample.sampled_at.isoformat(),
        "device": _told(sample.device) if sample.device else None,
        "typed_times": [SAMPLED] if sample.is_typed else [],
    }


def _told(device: Device) -> dict[str, object]:
    return {name: getattr(device, name) for name in Device.__dataclass_fields__}
