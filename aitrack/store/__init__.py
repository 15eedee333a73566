"""What is kept on disk: session bundles, and the state that runs share."""
