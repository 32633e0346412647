"""Mails by SMTP (RFC 5321), with the standard library, in a thread for each mail."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Literal

from fleet.notices.ports import Outgoing, Undelivered

_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails go, and as whom.

    Attributes:
        security: `starttls` and `tls` check the server's certificate; `off` is for a relay on
            the same machine.
        password_file: read each time, so that a new password needs no restart; None signs
            nobody in.
        sender: the From address, with or without a name.
        authorities: PEM of the CAs to trust instead of the system's.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "off"]
    sender: str
    user: str = ""
    password_file: Path | None = None
    authorities: Path | None = None


class Smtp:
    """A `Channel` to one mail server."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def send(self, notice: Outgoing) -> None:
        """Hand a mail to the server.

        Raises:
            Undelivered: final if the server refuses the recipient or the mail for good.
        """
        try:
            await asyncio.to_thread(self._send, mail(notice, self._server.sender))
        except smtplib.SMTPRecipientsRefused as refused:
            code, text = next(iter(refused.recipients.values()))
            raise Undelivered(_said(code, text), final=code >= 500) from refused
        except smtplib.SMTPAuthenticationError as error:  # a person can put that right
            raise Undelivered(_said(error.smtp_code, error.smtp_error)) from error
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            final = isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500
            raise Undelivered(_said(error.smtp_code, error.smtp_error), final=final) from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise Undelivered(f"{self._server.host}: {error or type(error).__name__}") from error

    def _send(self, message: EmailMessage) -> None:
        with self._connect() as client:
            if self._server.user and self._server.password_file:
                password = self._server.password_file.read_text(encoding="utf-8").strip()
                client.login(self._server.user, password)
            sender = parseaddr(self._server.sender)[1]
            client.send_message(message, sender, [str(message["To"])])

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "off":
            return smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
        context = ssl.create_default_context(
            cafile=str(server.authorities) if server.authorities else None
        )
        if server.security == "tls":
            return smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=context)
        client = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
        try:
            client.starttls(context=context)
        except BaseException:
            client.close()
            raise
        return client


def mail(notice: Outgoing, sender: str) -> EmailMessage:
    """A notice as a mail that no vacation responder answers (RFC 3834)."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message = EmailMessage()
    message["From"] = sender
    message["To"] = notice.destination
    message["Subject"] = notice.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{notice.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(notice.body)
    if notice.html:
        message.add_alternative(notice.html, subtype="html")
    message["Content-Language"] = notice.language  # after the content, which takes such away
    return message


def _said(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"the mail server said {code} {words}"[:500]
