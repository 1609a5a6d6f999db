"""What runs beside the listeners: deadlines, relay, reconciler."""
