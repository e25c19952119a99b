"""The authority's site: a door for its people, with a role of its own and no key of any pharmacy."""
