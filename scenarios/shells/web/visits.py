"""The end of a visit: what it held, lists and reports among it, goes a while after its browser has gone."""

from __future__ import annotations

import asyncio
import gc

from streamlit import runtime
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager


def end_visits_after(seconds: float) -> None:
    """Have every visit closed so long after its connection has ended, unless it has come back by then.

    By itself Streamlit only lets go of a visit when a later one touches its store, and of its downloads only then.

    Parameters
    ----------
    seconds : float
        Enough for a connection that breaks and comes back.
    """
    disconnect = WebsocketSessionManager.disconnect_session

    def disconnected(manager: WebsocketSessionManager, session_id: str) -> None:
        disconnect(manager, session_id)
        asyncio.get_running_loop().call_later(seconds, _close, manager, session_id)

    WebsocketSessionManager.disconnect_session = disconnected  # type: ignore[method-assign, assignment]


def _close(manager: WebsocketSessionManager, session_id: str) -> None:
    if not manager.is_active_session(session_id):
        manager.close_session(session_id)
        if runtime.exists():  # a download of nobody is only marked the first time, and removed the second
            runtime.get_instance().media_file_mgr.remove_orphaned_files()
        gc.collect()
