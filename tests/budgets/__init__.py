"""The bars of the design, measured: ``python -m tests.budgets``. A benchmark, not a test; pytest does not collect it.

    bench            what every family is given: where things are made, which sizes, which interpreter
    outcome          one line of the table, and the table
    programs         commands as a shell runs them: how long, how much memory the whole tree takes
    terminal         the app in a pseudo-terminal: keys in, the screen as a person sees it out
    wire             a slow link between the two
    stores           sessions and stores to measure on, each made once a run
    transcripts      Claude Code transcripts in bulk: shared ones multiplied, or made up where there are none
    scripted         small made-up transcripts by the thousand

One module a family of bars, each with ``measure(bench)`` that yields lines: startup, columns, million, heavy, link,
searching, appending, following, importing, sizes, many. Machines are noisy: each figure is a median of several runs
with the least and the most beside it, and where there is a floor (the disk, a bare interpreter, `rg`) it is measured in
the same run.
"""
