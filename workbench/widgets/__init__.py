"""What screens are made of. All that grows with a session draws single lines (Textual's Line API), never child widgets.

line_pane      the ground of the others: lines, keys that move, roles as styles, a cache of finished lines
line_list      lines with a cursor
session_list   every session, a line each
search_list    what was found in all sessions; palette_list: what can be done, and where one types what
event_list     every event of a session, a line each, read a page at a time
text_pane      text to scroll over: a payload, the table of keys
timeline       a session's shape, to point at
payload_pane   one event's payload under its heading
bar            one line with something at either end: where one is, what can be done
editor         a query while it is written
grid           what a query found, a line a row; library_list: what there is to ask
prompt         a bar to type into
ink            lines as a terminal draws them, made once
sixels         lines over which the terminal draws pixels
scroll_bar     drawn anew only when it looks different; minimap: that of the events, which shows what is where
covered        containers of which little or nothing is seen
"""
