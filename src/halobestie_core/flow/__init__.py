"""One customer's whole evening: how the machines move each other, and what follows."""
