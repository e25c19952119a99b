"""Surveillance: how many tests found what, where and of whom, counted without keeping a person."""
