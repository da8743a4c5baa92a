"""Compare two versions of the documents, and of the package written from them: who breaks, and how."""
