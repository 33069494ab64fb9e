"""What tables there are: their columns, filters and addresses, read from the profiles."""
