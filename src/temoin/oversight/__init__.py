"""What people are shown and told of it all: who looked, what waits, the day's statement, whom a breach concerns."""
