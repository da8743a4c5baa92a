"""The documentation site: `docs/`, with a front page and the references that are generated from what they describe.

Two references are also pages of the repository, `docs/x-job.md` and `docs/checks.md`, and a test compares them with
what this package writes. The others are written when the site is built. It works on the repository alone.
"""
