"""Supervise a script."""
