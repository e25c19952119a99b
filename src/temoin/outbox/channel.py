"""A channel: one way by which parcels leave, announced by one object.

Whatever asks something of every channel (settings file, checks, app start, screens, demonstration, drills, reference
pages) goes through their one list, `temoin.settings.channels`. A channel object holds words and decides; what it needs
to send is imported when it is asked for: processes that never send read settings too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from temoin.lib.label import Label
from temoin.lib.site import Site
from temoin.outbox.states import ParcelState

if TYPE_CHECKING:
    from temoin.outbox.courier import Courier
    from temoin.outbox.duties import Duty

S = TypeVar("S")


class Audience(StrEnum):
    """Who reads what arrives."""

    AUTHORITY = "authority"
    DOCTOR = "doctor"
    PATIENT = "patient"


class Manner(StrEnum):
    """How the states of a parcel are worded."""

    ANSWERED = "answered"  # the receiver says yes or no
    MESSAGE = "message"  # a server takes it, and may return it later
    LINK = "link"  # what leaves is the link to a letter


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a channel's parcels go; the name stands on each of them."""

    name: str
    words: Label
    audience: Audience
    manner: Manner = Manner.ANSWERED
    nobody: Label | None = None  # why nothing goes there for a patient whose record names nobody to get it


class Remedy(StrEnum):
    """What a person can do about an answer, where it is what one can do about many."""

    LATER = "later"  # nothing: it is tried again
    NOTHING = "nothing"
    SUPPORT = "support"  # call it, then send again
    CORRECT = "correct"  # the record, then the result
    COMPLETE_PATIENT = "complete_patient"


@dataclass(frozen=True)
class CodeWords:
    """What an answer's code means on screen, and what to do."""

    reason: Label
    remedy: Remedy | Label


@dataclass(frozen=True, kw_only=True)
class DemoUse:
    """How a demonstration sends by the channel: to the sandbox, on this machine.

    Names in braces are filled in: {host}, {port} (the channel's own), {sandbox} (address of its site), {keys} (folder).
    """

    section: str
    sandbox: tuple[str, ...] = ()  # words for the sandbox's command line
    has_port: bool = True  # False: the sandbox's site answers


@dataclass(frozen=True, kw_only=True)
class Held:
    """Where the sandbox tells what it keeps of the channel, for the drills: a list of objects, the field of the key."""

    path: str
    key: str = ""
    is_search: bool = False  # the authority's own search answers, page after page


@dataclass(frozen=True)
class FaultCase:
    """What one fault of the other side, which the sandbox can play, makes of the first try."""

    fault: str
    setting: str | float
    state: ParcelState  # in which the try leaves the parcel
    code: str  # of the answer
    copies: int = 1  # that the other side has got once the fault is over: as a rule it keeps one


@dataclass(frozen=True)
class Looked:
    """What a look at the other side found: what must be mended, and what was only not to be known."""

    findings: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Channel(ABC, Generic[S]):
    """One way to send. Its name is also that of its folder, of its section in the settings file, of its way in the
    demonstration and the drills; its destinations bear that name, or begin with it."""

    name: ClassVar[str]
    section: ClassVar[type[Any]]  # what its section of the settings file holds: the S of its class
    destinations: ClassVar[tuple[Destination, ...]]
    is_required: ClassVar[bool] = False  # whether a settings file must have its section
    reasons: ClassVar[Mapping[str, CodeWords]] = {}  # the codes of answers that it alone gives
    demo: ClassVar[DemoUse | None] = None
    held: ClassVar[Held | None] = None
    faults: ClassVar[tuple[FaultCase, ...]] = ()
    spared: ClassVar[frozenset[str]] = frozenset()  # the sandbox's faults that cannot strike it
    loggers: ClassVar[Mapping[str, str]] = {}  # of its libraries: the level below which they tell too much

    @abstractmethod
    def couriers(self, settings: S, site: Site) -> Sequence[Courier]:
        """Return the courier of each destination, switched on or off."""

    def duties(self, settings: S) -> Sequence[Duty]:
        """Return what the worker does for it by the clock."""
        return ()

    def secrets(self, settings: S) -> Mapping[str, Path]:
        """Return the secret files that the worker reads, by what they are."""
        return {}

    def check(self, settings: S) -> None:
        """Raise a ConfigError where a file that the section names is of no use."""

    def certificates(self, settings: S) -> Mapping[str, Path]:
        """Return the files of our own certificates, by the setting that names each."""
        path = getattr(settings, "certificate", None)
        return {} if path is None else {f"certificate in [{self.name}]": path}

    def look(self, settings: S) -> Looked:
        """Look at the other side, for `temoin check`."""
        return Looked()

    def places(self, settings: S) -> Iterable[tuple[str, str]]:
        """Return every address that is spoken to, by its key in the section: a demonstration leaves no machine."""
        return ()
