"""Run one command: start it invisibly, watch it from outside, record how it ended."""
