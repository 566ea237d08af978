"""Searching every session.

searching  what is asked, how it is looked for, and what was found so far
lines      that as lines; rows: the rows that lines need, over a lane
"""
