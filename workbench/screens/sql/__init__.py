"""Asking in SQL: a screen, and what it owns.

screen    what stands where, and what keys do
choosing  what there is to ask, and the queries that are kept
taking    what was found, taken elsewhere
"""

from workbench.screens.sql.screen import SqlScreen, go_to_sql

__all__ = ["SqlScreen", "go_to_sql"]
