"""Words to calls: one file per word, and the only place that knows typer."""
