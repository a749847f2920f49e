"""Sound inside the server: 16-bit mono PCM, files, live streams, recordings, playback. Knows nothing of speech."""
