"""The command of the distribution: wait for jobs, start them, and read their status."""
