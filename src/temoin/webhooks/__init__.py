"""Signed notices to programs: that something happened to a test, by number; the program then asks the API."""
