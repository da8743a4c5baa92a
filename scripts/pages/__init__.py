"""HTML pages: the frame, the style sheet and the filter that reports and the simulator's page share.

A page is one file that loads nothing: style sheet and script are parts of it, and its content security policy forbids
requests to elsewhere. It can be read without scripts.
"""

from .rendering import inline, page, page_mark, template_environment

__all__ = ["inline", "page", "page_mark", "template_environment"]
