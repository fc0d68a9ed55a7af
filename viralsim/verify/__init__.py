"""What is known: theory computed for any parameters, and simulation held against it."""
