"""Questions put to the engines: the curve of the chance of failing, and what follows from it."""
