"""The demo: people to log in as, robots who listen, and an evening that tells itself.

Everything here is a client. It uses the public interfaces as an app would, and knows no table and no store.
"""
