"""Turning keys: new ones in use, what is sealed moved under them, old ones destroyed; and proof that all opens."""
