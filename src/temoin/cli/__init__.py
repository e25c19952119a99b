"""The temoin command."""
