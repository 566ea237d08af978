"""What screens show, as plain Python: nothing here imports Textual, so all of it is tested without an app.

text        spans, lines and cells; what is shown of untrusted text
words       numbers, times and sizes in few characters
glyphs      what stands for what: glyphs and roles of events and states
lane        work away from the thread that draws
sessions/   the list of sessions: a line each, in order, kept up to date
session/    one session: its rows as lines, which of them stand, what is found, marked and followed in it
timeline/   a session in little: the timeline over its list, the minimap beside it
payload/    one event's payload, to be read; pretty/: as a person would write it down
graphics/   images of payloads as pictures
comparing/  two events held against each other
filter/     what passes a filter, of sessions and of events; what there is to filter by
search/     what is asked of all sessions, and what was found
sql/        a query, what it found, what there is to ask
palette     commands, found by a few letters
found       what other tools have left on this machine
told        sessions without a terminal
"""
