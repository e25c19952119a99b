"""How a person proves who they are: password, factors, sessions, tries, and recovery by a colleague."""
