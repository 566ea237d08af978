"""Driving recorded sessions again. Empty until its issue; the floor stands so that imports are checked."""
