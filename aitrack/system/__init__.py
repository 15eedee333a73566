"""What the operating system tells: asked here and nowhere else."""
