"""Firebase Cloud Messaging: how pushes reach devices (HTTP v1)."""
