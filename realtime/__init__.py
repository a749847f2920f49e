"""Voice: realtime sessions inside flows."""
