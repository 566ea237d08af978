"""Two events of a session held against each other.

events      their rows column by column, their payloads line by line
texts       two texts, line by line; alignment: any two sequences
divergence  where what followed one event first differs from what followed the other
"""
