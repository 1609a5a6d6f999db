"""A chat request and its offers, from the search to the one mitra who takes it."""
