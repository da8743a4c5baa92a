"""The distributions as they are published: wheels and source archives, their checks, and their bills of materials."""
