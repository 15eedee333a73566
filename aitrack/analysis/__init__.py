"""What many sessions mean: patterns, suspects, changes; read from the store, never written by a run."""
