"""Kinds of test, kits and lots, as reviewed data."""
