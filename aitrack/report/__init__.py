"""Answers to pictures: what `store` and `analysis` found, for a terminal, a program or a page."""
