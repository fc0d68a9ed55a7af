"""What is shown: tables and figures of runs and comparisons. Nothing is imported until it is asked for."""
