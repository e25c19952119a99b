"""MSSanté, the secure health messaging: treating doctors, and patients in their own secure mailbox."""
