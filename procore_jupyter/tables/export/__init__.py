"""Rows written into files."""
