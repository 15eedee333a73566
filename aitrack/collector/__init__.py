"""Records what happens inside the target's interpreter.

This folder is loaded by path into somebody else's Python (3.8 and later, standard library only). `redact`, `values`,
`failure` and `wire` have no hooks and may be imported by the supervisor too; nothing else here may.
"""
