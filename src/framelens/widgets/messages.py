"""Requests from the front end and their answers, over plain custom messages.

``{id, op, args}`` is answered by ``{id, ok: true, result}`` and binary buffers, or by
``{id, ok: false, error: {type, message}}``. ``{id, op: "cancel"}`` has no answer. Every argument comes
from a page that may be a stranger's, so each is checked before it is used.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from framelens.errors import FramelensError, OptionError, nearest, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Handler", "Reply", "answer", "check_int"]

_LOG = logging.getLogger("framelens.widgets")
_LARGEST_ID = 2**53


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler gives back: JSON and the buffers that it refers to by number."""

    result: Mapping[str, Any]
    buffers: list[bytes] = field(default_factory=list)


Handler: TypeAlias = "Callable[[Mapping[str, Any]], Reply]"


def answer(handlers: Mapping[str, Handler], content: object) -> tuple[dict[str, Any], list[bytes]] | None:
    """Return the answer to one message and its buffers, or None where it wants none.

    Requests are answered in the order they come, one after the other, so a ``cancel`` always finds its
    request answered: it is taken and nothing is left to stop.

    Parameters
    ----------
    handlers : mapping of str to callable
        Operation name to a function of the arguments that returns a :class:`Reply`. What it raises
        becomes an error answer; errors that are not framelens' own are logged, and only their type is
        sent, since their text may hold paths of this machine.
    content : object
        The message as it came.

    Examples
    --------
    >>> answer({"ping": lambda args: Reply({})}, {"id": 1, "op": "ping"})
    ({'id': 1, 'ok': True, 'result': {}}, [])
    >>> answer({}, {"id": 2, "op": "pong"})[0]["error"]["type"]
    'OptionError'
    """
    if not isinstance(content, dict) or content.get("op") == "cancel":
        return None
    identity = content.get("id")
    if not _is_int(identity) or abs(identity) > _LARGEST_ID:
        return None  # nobody waits for an answer without a number
    try:
        reply = _run(handlers, content)
    except FramelensError as error:
        return _failure(identity, type(error).__name__, one_line(error)), []
    except Exception as error:  # noqa: BLE001 - whatever it is, the page must not wait for ever
        _LOG.exception("request failed")
        return _failure(identity, type(error).__name__, "the request failed; the kernel's log says why"), []
    return {"id": identity, "ok": True, "result": dict(reply.result)}, reply.buffers


def check_int(value: object, name: str, low: int, high: int) -> int:
    """Return ``value`` where it is a whole number in ``low..high``.

    Raises
    ------
    OptionError
        It is not; the text names the argument and the range.

    Examples
    --------
    >>> check_int(3, "frame", 0, 9)
    3
    """
    if not _is_int(value) or not low <= value <= high:
        msg = f"{name} must be a whole number from {low} to {high}, not {one_line(repr(value), 40)}"
        raise OptionError(msg)
    return value


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _run(handlers: Mapping[str, Handler], content: dict[str, Any]) -> Reply:
    name, args = content.get("op"), content.get("args", {})
    handler = handlers.get(name) if isinstance(name, str) else None
    if handler is None:
        msg = f"no operation is called {one_line(repr(name), 40)}; {nearest(str(name), handlers)}"
        raise OptionError(msg)
    if args is None:
        args = {}
    if not isinstance(args, dict):
        msg = f"args must be an object, not {type(args).__name__}"
        raise OptionError(msg)
    return handler(args)


def _failure(identity: int, kind: str, message: str) -> dict[str, Any]:
    return {"id": identity, "ok": False, "error": {"type": kind, "message": message}}
