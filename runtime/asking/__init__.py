"""Asking the log: in SQL, by text, and what a list of sessions says of each. Reads a store, writes nothing.

query        DuckDB over a store, locked down and limited: `Query`
views        what it sees: relations over files and open segments; ``sql/views`` and ``sql/findings`` upon them
search       text in everything that was said, with progress, from newest to oldest
needle       what is looked for, in JSON as it is stored
listing      a line for each session, from manifests alone
prices       what models cost, by date
"""
