"""What the people and the clock may ask for, each as one unit of work."""
