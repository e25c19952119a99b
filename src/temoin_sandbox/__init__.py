"""A stand-in health authority and mailbox with faults on demand; shares no code with the sender."""
