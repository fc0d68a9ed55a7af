"""What a run means: pure functions on arrays of tallies, from counts to numbers with their uncertainty."""
