"""One session's screen: a frame, and parts that each do one thing in it.

screen     the frame: what stands where, the lines above and below, which part does what a key says
part       what a part is
following  what is new: the session grows, the screen keeps up or holds still
finding    errors, turns, events by number, text
sifting    the filter, and facets to choose one from
reading    the payload pane: its tabs, its counterpart, the ways out of the app
picturing  images of the payload as pictures
returning  to where somebody left off
arranging  laid out as somebody had it the last time
scrubbing  the timeline
noticing   what looks wrong by itself
playing    playing the session back
zooming    one pane alone, in all the room
sharing    the session written to a file for somebody, at this event
marking    marks, and two of them compared
grouping   events under the model requests that made them
"""

from workbench.screens.session.screen import SessionScreen

__all__ = ["SessionScreen"]
