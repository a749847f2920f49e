"""Hearing and speaking: voice activity, recognisers, synthesisers. Offline ones by name, others by URL."""
