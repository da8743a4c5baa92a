"""A matrix of OpenAPI documents that differ from one small document in one feature each.

`document` builds the document, `rows` lists the features, `pipeline` runs every document through lint, generate, mypy,
verify and waits. `python -m tests.matrix` runs rows by name and prints what fails.
"""
