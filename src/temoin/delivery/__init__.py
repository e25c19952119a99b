"""The result on its way to the patient."""
