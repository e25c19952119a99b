"""Excel workbooks, read as texts: bounded in time and memory, and no value guessed."""
