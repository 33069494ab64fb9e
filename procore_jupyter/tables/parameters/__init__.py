"""What a person gives, and what is sent of it."""
