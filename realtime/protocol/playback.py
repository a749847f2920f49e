"""What a call has queued and played of each response: the only way to know where an answer was interrupted.

Only over WebRTC, where the server itself plays the sound. `output_audio_buffer.started` is sent once for a response
whose sound is reported to leave; then `stopped` when the finished response has been played, or `cleared` when cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime.protocol.effects import ClearPlayback
from realtime.protocol.response_events import PlaybackCleared, PlaybackStarted, PlaybackStopped
from realtime.protocol.server_events import ItemTruncated

if TYPE_CHECKING:
    from realtime.protocol.responses import ResponseRun
    from realtime.protocol.state import State

__all__ = ["Playback"]


class _Track:
    """The sound of one response."""

    def __init__(self, run: ResponseRun) -> None:
        self.run = run
        self.played_ms = 0.0
        self.started = False
        self.drained = False


class Playback:
    """The responses whose sound has not all been played."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._tracks: dict[str, _Track] = {}

    def queued(self, run: ResponseRun) -> None:
        """Sound of a response was handed over to be played."""
        self._tracks.setdefault(run.id, _Track(run)).drained = False

    def played(self, response_id: str, ms: float) -> bool:
        """The first `ms` milliseconds of a response have left; tells whether that was the end of it."""
        track = self._tracks.get(response_id)
        if track is None or not ms > track.played_ms:
            return False
        track.played_ms = min(ms, track.run.audio_ms)
        self._start(track)
        return self._maybe_stop(track)

    def finished(self, response_id: str) -> bool:
        """Nothing of a response is queued any more; tells whether that was the end of it."""
        track = self._tracks.get(response_id)
        if track is None:
            return False
        track.drained = True
        track.played_ms = track.run.audio_ms
        self._start(track)
        return self._maybe_stop(track)

    def response_done(self, run: ResponseRun) -> bool:
        """A response has all its sound; tells whether nothing of it is left to be played."""
        track = self._tracks.get(run.id)
        return track is None or self._maybe_stop(track)

    def clear(self, *, conversation_only: bool) -> bool:
        """Drop what has not been played, cut the items to what was heard; tells whether there was anything."""
        tracks = [
            track for track in self._tracks.values() if track.run.settings.in_conversation or not conversation_only
        ]
        for track in tracks:
            self._state.do(ClearPlayback(track.run.id))
        for track in tracks:
            del self._tracks[track.run.id]
            self._truncate(track)
            self._state.send(PlaybackCleared(track.run.id))
        return bool(tracks)

    def forget(self) -> None:
        """The session is over: nobody is told any more, but the queues are dropped."""
        for response_id in self._tracks:
            self._state.do(ClearPlayback(response_id))
        self._tracks.clear()

    @property
    def silent(self) -> bool:
        return not self._tracks

    def _truncate(self, track: _Track) -> None:
        for item, index, start in track.run.parts:
            part = item.content[index]
            heard = int(max(0.0, track.played_ms - start))
            if heard >= part.ms:
                continue
            part.cut(heard)
            if self._state.conversation.get(item.id) is item:
                self._state.send(ItemTruncated(item.id, index, heard))

    def _start(self, track: _Track) -> None:
        if not track.started:
            track.started = True
            self._state.send(PlaybackStarted(track.run.id))

    def _maybe_stop(self, track: _Track) -> bool:
        whole = track.drained or track.played_ms >= track.run.audio_ms
        if track.run.status == "in_progress" or not track.started or not whole:
            return False
        del self._tracks[track.run.id]
        self._state.send(PlaybackStopped(track.run.id))
        return True
