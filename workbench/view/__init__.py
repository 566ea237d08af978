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
pretty/    payloads as a person would write them down; sheet: one payload, that way and as it is stored
pair       what answers an event, and what it answers; leafing: from one payload to the next, over lanes
filter     the language of filters; filter_events, filter_sessions: what passes one
sieve      one filter and what has passed it; sifter: one at a time, over a lane; facets: what there is to filter by
standing   which events stand, where later ones replaced some
follow     the state of following
shelf      what sessions there are, kept up to date; sparks: how their events lie in time
writer     whether anybody writes to a session
"""
