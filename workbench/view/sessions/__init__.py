"""The list of sessions.

listing    a session as a line; in which order they are
shelf      what sessions there are, kept up to date
sparks     what only their rows tell, over a lane; course: what became of one
asked      what no manifest says of them, asked in SQL for a whole store, over a lane
forest     forks under their parents
selection  those that somebody selected; parcels: written to files
"""
