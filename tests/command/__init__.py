"""Tests of the installed command `job-status`."""
