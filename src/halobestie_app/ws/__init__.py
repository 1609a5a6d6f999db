"""The realtime side: one WebSocket per device, and the frames that go out on it."""
