"""Other ways to ask for a list, where the API refuses the one that was thought right."""
