"""What speaks to the addresses of programs."""
