"""Scenarios: programs that send requests in a session. They check nothing; the checks of a session do.

A new edge case is one generator of probes and an entry in `edge_cases.EDGE_CASES`, with a check of the same name in
`checks`; `run.py` calls the other scenarios.
"""
