"""Recorded traffic: archives made by several tools, checked, redacted and recorded."""
