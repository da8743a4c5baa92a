"""Mutants: servers with one known fault each, and conforming variants, to measure what a verification detects."""
