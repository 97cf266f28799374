"""The replay of a real telephone campaign through the product."""
