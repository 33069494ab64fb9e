"""All pages of a list, in order, each row once."""
