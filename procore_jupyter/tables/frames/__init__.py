"""Rows in the form that data frames have."""
