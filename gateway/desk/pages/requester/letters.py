"""Letters of apology: held here, offered one by one, sent only where the victim wants that letter.

How a letter stands is read from its case. Where it cannot proceed, the page says what every case says that cannot.
"""

from typing import Final

from aiohttp import web
from aiohttp.web_request import FileField
from msgspec import Struct

from gateway.desk import colleagues, letters, referrals
from gateway.desk.errors import NotThere, Typed
from gateway.desk.lettering import EndLetter, Hold, SendOn
from gateway.desk.letters import Content, Held, Media
from gateway.desk.pages import kept
from gateway.desk.pages.form import Form
from gateway.desk.pages.navigation import COORDINATOR
from gateway.desk.pages.requester import asking_words, wizard
from gateway.desk.pages.requester.referring import take_up
from gateway.desk.pages.visit import Page, Visit, get, post
from gateway.desk.pages.visit import form as page_and_form
from gateway.desk.showing import show as shown
from gateway.desk.staff import same_person

LIST: Final = "/requester/letters"
TEXT: Final = 40_000
UPLOAD: Final = 5 * 1024 * 1024
HELD: Final = "The letter is held. Print its cover sheet, and keep both in a safe place."
SENT: Final = "The letter is marked as sent."
ENDED: Final = "The letter is held no longer. What the desk kept of it is erased."
ENDINGS: Final = ("destroyed", "returned")
FILES: Final[dict[Media, str]] = {
    "text/plain": "letter.txt",
    "application/pdf": "letter.pdf",
    "image/jpeg": "letter.jpg",
    "image/png": "letter.png",
}


class Whose(Struct, frozen=True, kw_only=True):
    """Who wrote the letter, and the referral it came with."""

    prison_number: str | None
    offender: str | None
    referral: str | None


async def every(visit: Visit) -> web.StreamResponse:
    """All letters, those that wait for the coordinator first."""
    found = [held for held in await letters.every(visit.agency, visit.staff) if held.letter.replaced_by is None]
    order = list(asking_words.LETTERS)
    found.sort(key=lambda held: (order.index(held.standing), -held.letter.at))
    return visit.render("requester/letter/list.html", letters=found, words=asking_words)


async def show_typed(visit: Visit) -> web.StreamResponse:
    """Hold a letter by its text."""
    return await _form_page(visit, "typed")


async def show_scan(visit: Visit) -> web.StreamResponse:
    """Hold a letter by a scan."""
    return await _form_page(visit, "scan")


async def hold_typed(visit: Visit) -> web.StreamResponse:
    """The text was typed."""
    text = visit.form.text("text", "Type the letter.", most=TEXT)
    return await _hold(visit, "typed", text=text)


async def hold_scan(visit: Visit) -> web.StreamResponse:
    """A file was sent."""
    sent = (await visit.request.post()).get("scan")
    scan = sent.file.read() if isinstance(sent, FileField) else b""
    if not scan:
        visit.form.fault("scan", "Choose the file with the scan.")
    return await _hold(visit, "scan", scan=scan)


async def show(visit: Visit) -> web.StreamResponse:
    """One letter: how it stands, and what to do."""
    return await _page(visit)


async def cover(visit: Visit) -> web.StreamResponse:
    """The sheet that goes with the letter. It names no prison and no person."""
    held = await letters.one(visit.agency, visit.name, visit.staff)
    return visit.render("requester/letter/cover.html", letter=held.letter, back=f"{LIST}/{visit.name}")


async def file(visit: Visit) -> web.StreamResponse:
    """The letter itself, to be saved and never shown in a page."""
    content = await letters.content(visit.agency, visit.name, visit.staff)
    return web.Response(body=content.body, headers=_download(content))


async def offer(visit: Visit) -> web.StreamResponse:
    """A request begins that offers this letter."""
    letter = (await letters.one(visit.agency, visit.name, visit.staff)).letter
    known = {
        "purpose": "letter",
        "letter": letter.id,
        "prison_number": letter.prison_number,
        "offender": letter.offender,
        "referral": letter.referral,
    }
    answers = {name: (value,) for name, value in known.items() if value} | {wizard.ANSWERED: ("purpose", "letter")}
    draft = await kept.begin(visit.agency, visit.staff, wizard.KIND, answers)
    if letter.referral:
        await take_up(visit, letter.referral, draft.id)
    return visit.go(wizard.path(draft, "person"))


async def send_on(visit: Visit) -> web.StreamResponse:
    """It has left for the office."""
    on = visit.form.day("on")
    if visit.form.good:
        try:
            wanted = SendOn(staff=visit.staff, on=on.isoformat() if on else None)
            await letters.send_on(visit.agency, visit.name, wanted)
            return visit.go(f"{LIST}/{visit.name}", SENT)
        except Typed as error:
            visit.form.take(error)
    return await _page(visit)


async def end(visit: Visit) -> web.StreamResponse:
    """It is destroyed, or given back."""
    how = visit.form.one("how", ENDINGS, "Choose what became of the letter.")
    if not how:
        return await _page(visit)
    ending = EndLetter(staff=visit.staff, how="destroyed" if how == "destroyed" else "returned")
    await letters.end(visit.agency, visit.name, ending)
    return visit.go(f"{LIST}/{visit.name}", ENDED)


async def _hold(visit: Visit, how: str, *, text: str | None = None, scan: bytes | None = None) -> web.StreamResponse:
    whose = _whose(visit.form, visit.asked("referral"))
    if visit.form.good:
        try:
            held = await letters.hold(
                visit.agency,
                Hold(
                    staff=visit.staff,
                    prison_number=whose.prison_number,
                    offender=whose.offender,
                    referral=whose.referral,
                    text=text,
                    scan=scan,
                ),
            )
            return visit.go(f"{LIST}/{held.letter.id}", HELD)
        except Typed as error:
            visit.form.take(error)
    return await _form_page(visit, how)


def _whose(form: Form, referral: str) -> Whose:
    number, name = form.optional("prison_number"), form.optional("offender")
    if not (number or name):
        form.fault("prison_number", "Enter the prison number, or the name.")
    return Whose(prison_number=number, offender=name, referral=referral or None)


async def _form_page(visit: Visit, how: str) -> web.Response:
    """The form, with what the referral says of the writer."""
    referral = visit.asked("referral")
    if referral and not visit.form.values:
        found = await referrals.one(visit.agency, referral, visit.staff)
        known = {"prison_number": found.prison_number, "offender": found.offender}
        visit.form = Form({name: (value,) for name, value in known.items() if value})
    query = f"?referral={referral}" if referral else ""
    return visit.render(f"requester/letter/{how}.html", query=query, back=LIST)


async def _page(visit: Visit) -> web.Response:
    held = await letters.one(visit.agency, visit.name, visit.staff)
    known = await colleagues.names(visit.agency)
    return visit.render(
        "requester/letter/one.html",
        letter=held.letter,
        standing=held.standing,
        case=shown(held.case, visit.known) if held.case else None,
        by=known.get(same_person(held.letter.by), held.letter.by),
        text=await _text(visit, held),
        words=asking_words,
        back=LIST,
    )


async def _text(visit: Visit, held: Held) -> str | None:
    if held.letter.media != "text/plain" or held.letter.ended:
        return None
    try:
        return (await letters.content(visit.agency, held.letter.id, visit.staff)).body.decode()
    except NotThere:
        return None  # ended while the page was made


def _download(content: Content) -> dict[str, str]:
    return {
        "Content-Type": content.media,
        "Content-Disposition": f'attachment; filename="{FILES[content.media]}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


PAGES: Final[tuple[Page, ...]] = (
    get(LIST, every, COORDINATOR),
    *page_and_form(f"{LIST}/new", show_typed, hold_typed, COORDINATOR),
    *page_and_form(f"{LIST}/scan", show_scan, hold_scan, COORDINATOR, uploads=UPLOAD),
    get(f"{LIST}/{{id}}", show, COORDINATOR),
    get(f"{LIST}/{{id}}/cover", cover, COORDINATOR),
    get(f"{LIST}/{{id}}/file", file, COORDINATOR),
    post(f"{LIST}/{{id}}/offer", offer, COORDINATOR),
    *page_and_form(f"{LIST}/{{id}}/sent", show, send_on, COORDINATOR),
    *page_and_form(f"{LIST}/{{id}}/end", show, end, COORDINATOR),
)
