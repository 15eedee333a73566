"""Supervise a script, and explain, group and survive its failures.

The names of the in-process API load at first use (PEP 562), so that importing the package costs nothing.
"""

__version__ = "0.1.0"
