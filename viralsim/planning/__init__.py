"""What to do next: a plan of action, step by step, each with numbers."""
