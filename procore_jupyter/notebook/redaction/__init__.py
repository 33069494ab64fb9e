"""What counts as a secret in a cell's text, and the text without it."""
