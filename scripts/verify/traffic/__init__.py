"""Verification of recorded traffic: requests are matched to operations and checked; nothing is sent."""
