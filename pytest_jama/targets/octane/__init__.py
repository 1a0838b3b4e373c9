"""The target `octane`: ALM Octane (ValueEdge, OpenText Core Software Delivery Platform).

All results of a session become documents of XML, which the server takes as a whole and works off in
a task. Everything else are entities.
"""
