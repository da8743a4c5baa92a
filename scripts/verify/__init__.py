"""Conformance of any server, simulated or live, to the document."""
