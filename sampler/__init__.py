"""Who is visited and what is seen: frames, populations, plans and draws as pure functions over arrays."""
