"""What a channel to patients says beside the rest: its section names no rule set, the patient's own result goes."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from temoin.lib.section import Section
from temoin.outbox.channel import Channel, S


class PatientChannel(Channel[S]):
    """A channel that brings patients their own result."""

    @abstractmethod
    def read(self, section: Section, folder: Path) -> S:
        """Read the section of the settings file that bears the channel's name."""
