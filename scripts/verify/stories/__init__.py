"""Stories: short lists of calls with what is expected of each, played to a server that may be written to."""

from .model import Story, load_stories
from .play import play

__all__ = ["Story", "load_stories", "play"]
