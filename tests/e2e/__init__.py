"""The whole product in real processes, driven as its users drive it."""
