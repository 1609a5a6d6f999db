"""Xendit: hosted invoices, and the webhooks that hint at what became of them."""
