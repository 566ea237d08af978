"""The app's screens. Each owns its lanes (`workbench.view.lane`), decides what happens, and draws nothing itself.

lane_screen    the ground of the others: results of work done elsewhere come back as messages
hand_out       what is shown, taken elsewhere: clipboard, editor, pager, a command
sessions       every session there is
session/       one session: its events, and the payload of the one under the cursor; a frame and its parts
help           the table of keys
"""
