"""What to do next: retry, breaker, fallback, budget, remedy, prompt. Pure: time and chance are arguments."""
