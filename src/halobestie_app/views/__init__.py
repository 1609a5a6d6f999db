"""What the API shows: the objects of the wire, and pure functions from what was read to them.

One class per object, its fields in the order in which they are published. They know neither HTTP nor
sockets: both show the same objects.
"""
