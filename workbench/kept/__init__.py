"""What outlasts a run of the app, in files of its own; none of it is in the log.

settings    what somebody wants otherwise for good; keymap: the keys they chose instead of ours
remembered  what is kept by itself: places, marks, what was typed, how things were arranged
queries     queries: history, and those with a name
small_file  one of these files read, whatever stands in its place
"""
