"""The catalogue of rules: each turns what was counted into a verdict."""
