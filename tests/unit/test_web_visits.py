"""The end of a visit: closed a while after its connection, unless it has come back."""

from __future__ import annotations

import asyncio

import pytest
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from scenarios.shells.web.visits import end_visits_after


class Manager:
    """Stands for Streamlit's, with the two calls that count."""

    def __init__(self, active: set[str]) -> None:
        self.active = active
        self.closed: list[str] = []

    def is_active_session(self, session_id: str) -> bool:
        return session_id in self.active

    def close_session(self, session_id: str) -> None:
        self.closed.append(session_id)


@pytest.mark.parametrize(("active", "closed"), [(set(), ["a"]), ({"a"}, [])])
def test_a_visit_is_closed_unless_it_has_come_back(
    active: set[str], closed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[str] = []
    monkeypatch.setattr(WebsocketSessionManager, "disconnect_session", lambda _, session_id: left.append(session_id))
    end_visits_after(0.02)
    manager = Manager(active)

    async def leave() -> None:
        WebsocketSessionManager.disconnect_session(manager, "a")  # type: ignore[arg-type]
        assert manager.closed == []
        await asyncio.sleep(0.2)

    asyncio.run(leave())
    assert left == ["a"]
    assert manager.closed == closed
