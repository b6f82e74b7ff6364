"""A Telegram Bot API on this machine: as strict as the real one, with faults on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote

TOKEN = "123456789:AAcanary-0123456789abcdefghijklmnopq"  # noqa: S105
BOT = {"id": 123456789, "is_bot": True, "first_name": "Rebalancer", "username": "rebalancer_bot"}
TAGS = {"b", "i", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler"}


@dataclass
class Sent:
    """One message as a chat shows it."""

    message_id: int
    chat: int
    text: str
    method: str
    at: float
    is_silent: bool = False
    buttons: list[list[dict[str, str]]] = field(default_factory=list)
    photo: bytes = b""
    """The picture, or the file."""
    answers: int | None = None
    topic: int | None = None


@dataclass
class Fault:
    """Something that goes wrong, so many times, for a method and a chat, or for any."""

    kind: str
    method: str = ""
    chat: int | None = None
    count: int = 1
    code: int = 500
    description: str = ""
    retry_after: int = 1
    new_chat: int = 0

    def concerns(self, method: str, chat: int | None) -> bool:
        fits = self.method in ("", method) and self.chat in (None, chat)
        return self.count > 0 and fits


class Refusal(Exception):  # noqa: N818
    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


class TelegramStandin:
    """Serves as long as its block lasts; chats must be opened before they can be written to."""

    def __init__(self, *chats: int) -> None:
        self.chats = set(chats)
        self.sent: list[Sent] = []
        self.faults: list[Fault] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.topics: set[tuple[int, int]] = set()
        self.updates: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.answered: list[dict[str, Any]] = []
        self._next = 1
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        handler = type("Bound", (_Handler,), {"standin": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    def __enter__(self) -> TelegramStandin:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._news:
            self._is_over = True
            self._news.notify_all()
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()

    _is_over = False

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/bot"

    def fault(self, kind: str, **details: Any) -> None:
        """flood, status, lost, reset, html, void or migrate."""
        self.faults.append(Fault(kind, **details))

    def wait_for(self, count: int) -> None:
        """Wait until so many messages have come."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.sent) >= count, timeout=60), len(self.sent)

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so; whatever comes or is changed makes it look again."""
        with self._news:
            assert self._news.wait_for(is_so, timeout=60), [s.text for s in self.sent[-3:]]

    def texts(self, chat: int) -> list[str]:
        return [message.text for message in self.sent if message.chat == chat]

    def answer(self, token: str, method: str, given: dict[str, Any]) -> tuple[int, Any, str]:
        """Return status, document, and what is to go wrong with the answer."""
        if token != TOKEN:
            return 401, _refused(401, "Unauthorized"), ""
        chat = _int(given.get("chat_id"))
        with self._news:
            self.calls.append((method, given))
            self._news.notify_all()
            fault = next((f for f in self.faults if f.concerns(method, chat)), None)
            if fault is not None:
                fault.count -= 1
                if (early := self._early(fault, chat)) is not None:
                    return early
        try:
            result = self._done(method, given, chat)
        except Refusal as refusal:
            document = _refused(refusal.code, refusal.description, **refusal.parameters)
            return refusal.code, document, ""
        lost = "lost" if fault is not None and fault.kind == "lost" else ""
        return 200, {"ok": True, "result": result}, lost

    def _early(self, fault: Fault, chat: int | None) -> tuple[int, Any, str] | None:
        if fault.kind == "flood":
            text = f"Too Many Requests: retry after {fault.retry_after}"
            return 429, _refused(429, text, retry_after=fault.retry_after), ""
        if fault.kind == "status":
            return fault.code, _refused(fault.code, fault.description), ""
        if fault.kind == "migrate":
            self.chats.discard(chat or 0)
            self.chats.add(fault.new_chat)
            text = "Bad Request: group chat was upgraded to a supergroup chat"
            return 400, _refused(400, text, migrate_to_chat_id=fault.new_chat), ""
        if fault.kind == "void":
            return 200, {"ok": True}, ""
        return (200, None, fault.kind) if fault.kind in ("reset", "html") else None

    def _done(self, method: str, given: dict[str, Any], chat: int | None) -> Any:
        methods: Mapping[str, Callable[[dict[str, Any], int], Any]] = {
            "sendMessage": self._send_message,
            "sendPhoto": self._send_photo,
            "sendDocument": self._send_document,
            "editMessageText": self._edit,
            "editMessageReplyMarkup": self._edit_buttons,
            "deleteMessage": self._delete,
        }
        if method == "getMe":
            return BOT
        if method == "getFile":
            return self._get_file(given)
        if method == "getUpdates":
            return self._get_updates(given)
        if method in ("answerCallbackQuery", "setMyCommands", "deleteWebhook", "sendChatAction"):
            with self._news:
                self.answered.append({"method": method, **given})
                self._news.notify_all()
            return True
        if method not in methods:
            raise Refusal(404, "Not Found")
        if chat is None or chat not in self.chats:
            raise Refusal(400, "Bad Request: chat not found")
        with self._lock:
            return methods[method](given, chat)

    def _send_message(self, given: dict[str, Any], chat: int) -> Any:
        _without_preview(given)
        text = _checked(given.get("text", ""), given.get("parse_mode"), 4096, "message")
        return self._keep("sendMessage", given, chat, text)

    def _send_photo(self, given: dict[str, Any], chat: int) -> Any:
        photo = given.get("photo")
        if not isinstance(photo, bytes) or not photo.startswith(b"\x89PNG"):
            raise Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
        caption = given.get("caption", "")
        if caption:
            caption = _checked(caption, given.get("parse_mode"), 1024, "message caption")
        return self._keep("sendPhoto", given, chat, caption, photo)

    def _send_document(self, given: dict[str, Any], chat: int) -> Any:
        document = given.get("document")
        if not isinstance(document, bytes) or not document:
            raise Refusal(400, "Bad Request: file must be non-empty")
        return self._keep("sendDocument", given, chat, given.get("caption", ""), document)

    def _edit(self, given: dict[str, Any], chat: int) -> Any:
        _without_preview(given)
        text = _checked(given.get("text", ""), given.get("parse_mode"), 4096, "message")
        number = _int(given.get("message_id"))
        known = next((m for m in self.sent if (m.chat, m.message_id) == (chat, number)), None)
        if known is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        buttons = _buttons(given)
        if (known.text, known.buttons) == (text, buttons):
            raise Refusal(
                400,
                "Bad Request: message is not modified: specified new message content and reply"
                " markup are exactly the same as a current content and reply markup of the message",
            )
        known.text, known.buttons = text, buttons
        self._news.notify_all()
        return _shown(known)

    def _edit_buttons(self, given: dict[str, Any], chat: int) -> Any:
        number = _int(given.get("message_id"))
        known = next((m for m in self.sent if (m.chat, m.message_id) == (chat, number)), None)
        if known is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        if known.buttons == _buttons(given):
            raise Refusal(400, "Bad Request: message is not modified")
        known.buttons = _buttons(given)
        self._news.notify_all()
        return _shown(known)

    def _delete(self, given: dict[str, Any], chat: int) -> Any:
        number = _int(given.get("message_id"))
        kept = [m for m in self.sent if (m.chat, m.message_id) != (chat, number)]
        if len(kept) == len(self.sent):
            raise Refusal(400, "Bad Request: message to delete not found")
        self.sent[:] = kept
        self._news.notify_all()
        return True

    def _keep(
        self, method: str, given: dict[str, Any], chat: int, text: str, photo: bytes = b""
    ) -> Any:
        topic = _int(given.get("message_thread_id"))
        if topic is not None and (chat, topic) not in self.topics:
            raise Refusal(400, "Bad Request: message thread not found")
        reply = given.get("reply_parameters")
        reply = json.loads(reply) if isinstance(reply, str) else reply
        sent = Sent(
            self._next, chat, text, method, time.monotonic(),
            str(given.get("disable_notification", "")).lower() == "true", _buttons(given), photo,
            reply.get("message_id") if isinstance(reply, dict) else None, topic,
        )  # fmt: skip
        self._next += 1
        self.sent.append(sent)
        self._news.notify_all()
        return _shown(sent)

    def push(self, **update: Any) -> int:
        """Let something happen in a chat; the bot hears of it until it confirms."""
        with self._news:
            number = 1000 + len(self.updates)
            self.updates.append({"update_id": number, **update})
            self._news.notify_all()
        return number

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Keep a file that somebody sends; returns how an update speaks of it."""
        with self._lock:
            file_id = f"file{len(self.files)}"
            self.files[file_id] = content
        return {
            "file_id": file_id, "file_unique_id": file_id, "file_name": name,
            "file_size": len(content),
        }  # fmt: skip

    def _get_file(self, given: dict[str, Any]) -> Any:
        file_id = str(given.get("file_id"))
        if file_id not in self.files:
            raise Refusal(400, "Bad Request: invalid file_id")
        return {"file_id": file_id, "file_unique_id": file_id, "file_path": f"documents/{file_id}"}

    def _get_updates(self, given: dict[str, Any]) -> Any:
        offset, wait = _int(given.get("offset")) or 0, _int(given.get("timeout")) or 0
        with self._news:
            self._confirmed = max(getattr(self, "_confirmed", 0), offset)
            self._news.wait_for(lambda: self._is_over or self._fresh(), timeout=min(wait, 20))
            return self._fresh()[:100]

    def _fresh(self) -> list[dict[str, Any]]:
        return [u for u in self.updates if u["update_id"] >= getattr(self, "_confirmed", 0)]


class _Grammar(HTMLParser):
    """Telegram's little HTML: known tags, each closed in its turn."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise Refusal(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refusal(400, "Bad Request: can't parse entities: Unexpected end tag")

    def handle_data(self, data: str) -> None:
        self.text += data


def _without_preview(given: dict[str, Any]) -> None:
    """Refuse a text whose links would be followed; the real service would show what is there."""
    options = given.get("link_preview_options") or {}
    options = json.loads(options) if isinstance(options, str) else options
    if options.get("is_disabled") is not True:
        raise Refusal(400, "Bad Request: a link preview was not switched off")


def _checked(text: str, mode: object, longest: int, what: str) -> str:
    shown = text
    if mode == "HTML":
        grammar = _Grammar()
        grammar.feed(text)
        grammar.close()
        if grammar.open:
            raise Refusal(400, "Bad Request: can't parse entities: Can't find end tag")
        shown = grammar.text
    if not shown.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    if len(shown.encode("utf-16-le")) // 2 > longest:
        raise Refusal(400, f"Bad Request: {what} is too long")
    return text


def _buttons(given: dict[str, Any]) -> list[list[dict[str, str]]]:
    markup = given.get("reply_markup")
    markup = json.loads(markup) if isinstance(markup, str) else markup
    rows = (markup or {}).get("inline_keyboard", [])
    for button in (button for row in rows for button in row):
        if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    return list(rows)


def _shown(sent: Sent) -> dict[str, Any]:
    chat = {"id": sent.chat, "type": "private" if sent.chat > 0 else "group"}
    return {"message_id": sent.message_id, "date": 1_795_000_000, "chat": chat, "text": sent.text}


def _refused(code: int, description: str, **parameters: int) -> dict[str, Any]:
    extra = {"parameters": parameters} if parameters else {}
    return {"ok": False, "error_code": code, "description": description, **extra}


def _int(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    standin: ClassVar[TelegramStandin]

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        path = self.path.split("?")[0].removeprefix("/")
        if path.startswith("file/"):
            self._serve_file(unquote(path.removeprefix("file/")))
            return
        bot, method = path.split("/", 1)
        given = _read(self.headers.get("content-type", ""), body)
        status, document, trouble = self.standin.answer(bot.removeprefix("bot"), method, given)
        if trouble in ("lost", "reset"):
            self.close_connection = True
            self.connection.close()
            return
        is_html = trouble == "html"
        reply = b"<html>Sign in to the network</html>" if is_html else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "text/html" if is_html else "application/json")
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def _serve_file(self, path: str) -> None:
        bot, _, place = path.partition("/")
        content = self.standin.files.get(place.removeprefix("documents/"), b"")
        known = bot.removeprefix("bot") == TOKEN and content
        self.send_response(200 if known else 404)
        self.send_header("content-length", str(len(content) if known else 0))
        self.end_headers()
        if known:
            self.wfile.write(content)


def _read(kind: str, body: bytes) -> dict[str, Any]:
    if kind.startswith("multipart/form-data"):
        whole = message_from_bytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + body)
        found: dict[str, Any] = {}
        files: dict[str, bytes] = {}
        for part in whole.get_payload():  # type: ignore[union-attr]
            name = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]
            content = part.get_payload(decode=True)  # type: ignore[union-attr]
            if part.get_filename():  # type: ignore[union-attr]
                files[str(name)] = bytes(content)
            else:
                found[str(name)] = bytes(content).decode()
        for name, value in list(found.items()):
            if isinstance(value, str) and value.startswith("attach://"):
                found[name] = files[value.removeprefix("attach://")]
        return found | {k: v for k, v in files.items() if k not in found}
    if kind.startswith("application/json"):
        return dict(json.loads(body or b"{}"))
    return dict(parse_qsl(body.decode(), keep_blank_values=True))
