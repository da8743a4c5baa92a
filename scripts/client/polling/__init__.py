"""Waiting for jobs: when to ask, what an answer means, and many at once."""
