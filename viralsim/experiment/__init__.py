"""Many runs: comparisons in shared worlds."""
