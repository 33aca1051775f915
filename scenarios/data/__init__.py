"""What ships with the code: policies, scenarios, the example county, catalogues of words."""
