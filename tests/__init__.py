"""Tests, in folders by what is real in them."""
