"""Many results at once: each row of a file goes through the same actions as the page."""
