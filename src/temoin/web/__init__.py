"""Pages for pharmacy staff."""
