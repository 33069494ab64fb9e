"""What the embedded Procore holds: one construction company's records, made up when they are looked at.

Every row is a function of the seed, its table, its project and its place in the list, so nothing is stored,
nothing has to be read in advance, and the same row comes on every run. `records` is the way in;
each other module makes the tables of one subject. None of them knows HTTP.
"""
