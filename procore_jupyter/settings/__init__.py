"""What a person wrote, resolved into the frozen settings of one connection."""
