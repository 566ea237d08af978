"""Every session there is: a screen, and what it owns.

screen     what stands where, and what keys do
gathering  reads the sessions
narrowing  says which are shown
picking    takes several
"""

from workbench.screens.sessions.screen import SessionsScreen

__all__ = ["SessionsScreen"]
