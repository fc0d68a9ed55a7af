"""Who can see whom: the graph type, generators, readers and descriptions.

`generate` is the module of generators; `describe` the module whose function of that name sums up a graph.
"""

from .social_graph import SocialGraph

__all__ = ["SocialGraph"]
