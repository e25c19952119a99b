"""Whether a channel says of every fault that the sandbox can play what its courier makes of it."""

from __future__ import annotations

from typing import Any

from temoin.outbox.channel import Channel
from temoin_sandbox.faults import fault_names


def fault_names_left(channel: Channel[Any]) -> list[str]:
    """Return the faults that the channel names nowhere."""
    return sorted(set(fault_names()) - {case.fault for case in channel.faults} - channel.spared)
