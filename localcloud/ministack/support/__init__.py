"""Modules that the patches use: shared helpers, and the parts of a patch too large for one file."""
