"""Filters: what passes, in a line that is quickly typed.

language  how a filter is written; events, sessions: which of them pass one
sieve     one filter and what of a session has passed it; sifter: one at a time, over a lane
facets    what there is to filter by: of events; facets_sessions: of sessions
"""
