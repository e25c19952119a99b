"""The resources of foreign FHIR that are read together, and which of them a result is read from."""

from __future__ import annotations

from dataclasses import dataclass, field

from temoin.formats.handed.fhir_states import put_aside
from temoin.formats.handed.fhir_tree import Node, Placed, few, many, text
from temoin.formats.handed.hl7 import Passed


@dataclass(slots=True)
class Resources:
    """The resources that are read together, by their kind and by what names them."""

    passed: Passed
    placed: list[Placed] = field(default_factory=list)
    contained: list[Placed] = field(default_factory=list)
    used: dict[str, Placed] = field(default_factory=dict)  # by path: what the result at hand is read from
    named: dict[str, Placed | None] = field(default_factory=dict)  # None for what names two different ones
    urls: dict[str, str] = field(default_factory=dict)  # by path: the full URL of an entry

    def add(self, placed: Placed, full_url: str = "") -> None:
        self.placed.append(placed)
        self.urls[placed.path] = full_url
        known = f"{placed.kind}/{text(placed.node, 'id')}"
        for name in (full_url, known):
            if name and not name.endswith("/"):
                self._name(name, placed)
        for place, inner in enumerate(many(placed.node, "contained")):
            own = Placed(f"{placed.path}.contained[{place}]", inner)
            self.contained.append(own)
            self._name(f"{placed.path}#{text(inner, 'id')}", own)

    def _name(self, name: str, placed: Placed) -> None:
        known = self.named.setdefault(name, placed)
        if known is not None and known.node != placed.node:
            self.named[name] = None

    def of(self, kind: str) -> list[Placed]:
        return [one for one in self.placed if one.kind == kind]

    def at(self, reference: Node, within: Placed) -> Placed | None:
        """Return what a reference names; None where nothing here is named so, or two are."""
        told = text(reference, "reference")
        if told.startswith("#"):  # of what contains the element, or contains what contains it
            return self.named.get(f"{within.path.partition('.contained[')[0]}{told}")
        if told in self.named:
            return self.named[told]
        found = self.named.get("/".join(told.split("/")[-2:]))
        # The same number on another server is somebody else.
        is_elsewhere = "://" in told and found is not None and "://" in self.urls.get(found.path, "")
        return None if is_elsewhere else found

    def chosen(self, within: Placed | None, name: str, kind: str) -> Placed | None:
        """Return the first resource of a kind that an element refers to; what is not used is said."""
        found = self.all_of(within, name, kind)
        if not found or within is None:
            return None
        first_one, *more = found
        self.used[first_one.path] = first_one
        for one in more:
            self.passed.not_kept[f"{within.kind}.{name} ({one.kind})"] = None
        return first_one

    def all_of(self, within: Placed | None, name: str, kind: str) -> list[Placed]:
        """Return the resources of a kind that an element refers to, but those that are put aside."""
        found: dict[str, Placed] = {}
        for reference in few(within.node, name) if within else ():
            one = self.at(reference, within) if within else None
            if one is None or one.kind != kind:
                continue
            if aside := put_aside(one):
                self.passed.not_kept[aside] = None
            else:
                found[one.path] = one
        return list(found.values())
