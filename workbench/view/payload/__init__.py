"""One event's payload, to be read.

raw           as it is stored, in lines
fold          the same, of which parts fold away
sheet         both ways to read it, Pretty (`workbench.view.pretty`) and Raw, made once and kept
counterparts  what answers an event, and what it answers
leafing       from one payload to the next, over lanes
"""
