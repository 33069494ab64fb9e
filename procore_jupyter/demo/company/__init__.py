"""The embedded Procore's data: the records of construction companies, made up row by row as somebody asks for them.

A row is a function of the seed, its table, its project and its place in the list: nothing is stored, nothing is made in
advance, and the same row comes on every run. `records` is the way in; each other module makes the tables of one
subject. None of them knows HTTP.
"""
