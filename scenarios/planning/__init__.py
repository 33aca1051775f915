"""How a sample is planned: shared over strata, bounded, searched; scored by the risk of its decision."""
