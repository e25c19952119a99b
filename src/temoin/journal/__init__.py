"""The append-only record of every act and every look."""
