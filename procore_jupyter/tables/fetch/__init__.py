"""Rows as they come, and those that are kept."""
