"""The people of an authority who may look at senders: invited by the operator, known by a passkey."""
