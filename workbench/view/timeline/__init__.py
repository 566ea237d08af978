"""A session in little: the timeline over its list, and the minimap beside it.

tiles    a session counted
axis     which events stand in which cell
strand   what the timeline follows of a session, counted over a lane; grains: a part of it, read by whole columns
drawing  what is drawn of them
minimap  the list in one column
"""
