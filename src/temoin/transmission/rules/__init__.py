"""What may go where, in which form and under which text: rules per destination, as reviewed data."""
