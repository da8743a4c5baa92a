"""The rules by which a server is judged: of single answers, of a job's life, and of the standards below an API."""

from .catalogue import KEYS, RULES, Rule, applies

__all__ = ["KEYS", "RULES", "Rule", "applies"]
