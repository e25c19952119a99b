"""Short messages to patients' mobile telephones."""
