"""Témoin: point-of-care test results, recorded, given and transmitted."""
