"""Every figure the README states, as a command: `python -m benchmarks`."""
