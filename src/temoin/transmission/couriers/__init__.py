"""Ways to reach an authority, one file each."""
