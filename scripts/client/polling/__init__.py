"""Polling: the lifecycle of a job, the schedule, and the handles with which callers wait."""
