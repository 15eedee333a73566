"""The powers of `aitrack run` for single operations, from inside a script."""
