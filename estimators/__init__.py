"""From tallies to a verdict: policies, rules, estimates. Never sees the truth of a population."""
