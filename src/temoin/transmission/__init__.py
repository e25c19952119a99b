"""The result on its way to the authority."""
