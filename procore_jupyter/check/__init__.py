"""The check: what is believed of this machine, of Procore and of its tables, held against what is there."""
