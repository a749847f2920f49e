"""Where flows are kept: an op log with snapshots in one SQL database."""
