"""The outermost layer: what a user touches. Shells only render."""
