"""How samples are drawn from their tables; `sampler.designs` says which design each way of drawing belongs to."""
