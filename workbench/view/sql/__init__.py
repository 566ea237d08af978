"""Asking the log in SQL: a query, what it found, what there is to ask.

desk        what lies on the desk where queries are written
draft       a query while it is written; vocabulary: what could come next in it
asking      one query at a time, over a lane
answer      what it found; grid: that as lines
library     what queries are made of, as a list; starts: some to start from
"""
