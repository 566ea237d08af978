"""The app's screens. Each owns its lanes (`workbench.view.lane`), decides what happens, and draws nothing itself.

lane_screen    the ground of the others: results of work done elsewhere come back as messages
hand_out       what is shown, taken elsewhere: clipboard, editor, pager, a command
writing        sessions written to files for somebody
sessions/      every session there is: a screen and what it owns
session/       one session: its events, and the payload of the one under the cursor; a frame and its parts
compare_payloads  two events of a session beside each other
palette        everything that can be done, over any screen
facets         what there is to filter by, to choose from
search         what was found in all sessions
sql/           a query, what it found, what there is to ask
welcoming      the first run: an import is offered, and goes on beside the list
welcome        what there is to import, to choose from
help           the table of keys
places         from anywhere to the list, and to the session opened last
"""
