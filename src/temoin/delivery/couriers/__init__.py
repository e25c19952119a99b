"""Ways to reach a patient, one file each."""
