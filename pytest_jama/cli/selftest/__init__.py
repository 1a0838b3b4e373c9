"""The operational qualification: what is promised, tried on the user's own machine.

`scene` has the values and the comparison, `workshop` the folder and the server in which a scene is
played. The modules named `..._scenes` have the scenes: what is done, and the checks with what must
be seen then. Expected values are literals, taken from the pages and never from the product.
"""
