"""IHE XDM packages: a CDA document with its metadata as one zip, the form in which secure messaging carries it."""

from temoin.formats.xdm.metadata import Coded, Submission
from temoin.formats.xdm.package import package

__all__ = ["Coded", "Submission", "package"]
