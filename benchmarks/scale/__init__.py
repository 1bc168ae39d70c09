"""Reading at scale: the same questions to cities of 100,000, 1 million and 10 million requests."""
