"""The two HTTP listeners: routes, principals, problems."""
