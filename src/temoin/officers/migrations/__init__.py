"""Schema steps of the room."""
