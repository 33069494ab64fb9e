"""What is drawn for a person: the sign-in, the form, the card, the progress, a check."""
