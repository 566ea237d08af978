"""One session: its rows as lines, which of them stand, what is looked for, marked and followed in it.

source       its rows, its payloads and what is new, over a lane; window: pages of rows
writer       whether anybody writes to it
event_lines  an event as a line
standing     which events stand, where later ones replaced some
location     where one is: the breadcrumb
find         errors, turns, threads, text; finder: one such errand at a time, over a lane
findings     what looks wrong by itself, asked in SQL over a lane
marks        events to come back to
follow       the state of following
groups       events under the model requests that made them
playback     on which event one is while a session is played back
"""
