"""Tables that decide: the engine that runs them, the proof they give, the charts they draw."""
