"""What screens show, as plain Python: nothing here imports Textual, so all of it is tested without an app.

text       spans, lines and cells; what is shown of untrusted text
words      numbers, times and sizes in few characters
glyphs     what stands for what: glyphs and roles of events and states
events     an event as a line; sessions: a session as a line; payload: a payload as lines; location: the breadcrumb
told       the same without a terminal
lane       work away from the thread that draws
window     pages of rows; source: a session's rows, payloads and what is new, over a lane
find       errors, turns, threads, text; finder: one such errand at a time, over a lane
tiles      a session counted; axis: which events stand in which cell; timeline: what is drawn of them
strand     what the timeline follows of a session, counted over a lane; grains: a part of it, read by whole columns
minimap    the list in one column beside it
playback   on which event one is while a session is played back
notices    what looks wrong by itself, asked in SQL over a lane
graphics   pictures: which way, how large, what stands for them; graphics_kitty, graphics_sixel: what a terminal is
           told; graphics_png: a PNG looked through; graphics_pixels: any image taken apart, where Pillow is
pretty/    payloads as a person would write them down; sheet: one payload, that way and as it is stored
pair       what answers an event, and what it answers; leafing: from one payload to the next, over lanes
filter     the language of filters; filter_events, filter_sessions: what passes one
sieve      one filter and what has passed it; sifter: one at a time, over a lane; facets: what there is to filter by
marks      events to come back to; moments: two events held against each other, compare: line by line, align: any
diverging  where what followed one event differs from what followed another
fold       a stored payload, of which parts fold away
groups     events under the model requests that made them
standing   which events stand, where later ones replaced some
follow     the state of following
palette    commands, found by a few letters
store_search  what is asked of all sessions, and what was found; search_lines: as lines; row_fetch: rows of many
shelf      what sessions there are, kept up to date; sparks: what their rows tell; course: what became of one
asked      what is asked of a whole store for a filter; facets_sessions: what there is to filter by
forest     forks under their parents; selection: sessions that somebody selected; parcels: sessions written to files
sql_desk   what lies on the desk where queries are written; sql_draft: a query's text; sql_words: what could come next
sql_asking  one query at a time, over a lane; sql_answer: what it found; sql_grid: that as lines
sql_library  what queries are made of, as a list; sql_starts: some to start from
found      what other tools have left on this machine
writer     whether anybody writes to a session
"""
