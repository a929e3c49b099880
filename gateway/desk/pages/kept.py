"""What people typed and have not sent: drafts, and forms that came after the session had ended.

Both are the typist's alone, encrypted in the agency's cabinet, and thrown away when they are sent or after a month.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.errors import NotThere, OutOfTurn
from gateway.desk.ids import new_id, now
from gateway.desk.pages.form import Form
from gateway.desk.staff import Staff, same_person

DRAFT: Final = "draft"
LATE: Final = "late form"
KEPT_SECONDS: Final = 30 * 86_400
NOT_SENT_AGAIN: Final = ("csrf", "seen", "kept-for")
NO_DRAFT: Final = "There is no such draft of yours. It may have been sent already, or thrown away after a month."
CHANGED: Final = "This draft was changed in another window. Look at it as it stands now, then change it again."


class Draft(Struct, frozen=True, kw_only=True):
    """Something begun: `answers` by the name of the field, as typed. `version` counts the times it was kept."""

    id: str
    owner: str
    kind: str
    answers: dict[str, tuple[str, ...]]
    kept_at: int
    version: int = 1

    def form(self) -> Form:
        """The draft as a form to be shown."""
        return Form(self.answers)


class LateForm(Struct, frozen=True, kw_only=True):
    """A form that was sent to a page after its session had ended."""

    owner: str
    path: str
    values: dict[str, tuple[str, ...]]
    kept_at: int


def _mine(owner: Staff, kind: str) -> str:
    return f"{kind} of {same_person(owner.id)}"


async def begin(agency: Agency, owner: Staff, kind: str, answers: Mapping[str, Sequence[str]] | None = None) -> Draft:
    """A new draft of this person's."""
    typed = {name: tuple(values) for name, values in (answers or {}).items()}
    draft = Draft(id=new_id(), owner=same_person(owner.id), kind=kind, answers=typed, kept_at=now())
    await agency.cabinet.change(lambda drawer: _put(drawer, owner, draft))
    return draft


async def draft(agency: Agency, owner: Staff, name: str) -> Draft:
    """Raises NotThere: another person's draft is not there."""
    found = await agency.cabinet.get(DRAFT, name, Draft)
    if found is None or found.owner != same_person(owner.id):
        raise NotThere(NO_DRAFT)
    return found


async def drafts(agency: Agency, owner: Staff, kind: str) -> list[Draft]:
    """This person's drafts of a kind, the newest first."""
    found = await agency.cabinet.change(lambda drawer: drawer.find(DRAFT, _mine(owner, kind), Draft))
    return sorted((each for _, each in found), key=lambda each: -each.kept_at)


async def keep(
    agency: Agency, owner: Staff, changed: Draft, answers: Mapping[str, Sequence[str]], *, without: Sequence[str] = ()
) -> Draft:
    """The draft with these answers too, and `without` others. Raises NotThere, OutOfTurn where a newer one is kept."""

    def kept(drawer: Drawer) -> Draft:
        stands = drawer.get(DRAFT, changed.id, Draft)
        if stands is None or stands.owner != same_person(owner.id):
            raise NotThere(NO_DRAFT)
        if stands.version != changed.version:
            raise OutOfTurn(CHANGED)
        typed = {name: values for name, values in stands.answers.items() if name not in without}
        typed |= {name: tuple(values) for name, values in answers.items() if name not in NOT_SENT_AGAIN}
        fresh = replace(stands, answers=typed, kept_at=now(), version=stands.version + 1)
        _put(drawer, owner, fresh)
        return fresh

    return await agency.cabinet.change(kept)


async def throw_away(agency: Agency, owner: Staff, name: str) -> None:
    """There is no such draft after."""
    await draft(agency, owner, name)
    await agency.cabinet.change(lambda drawer: drawer.remove(DRAFT, name))


async def keep_late(agency: Agency, owner: Staff, path: str, values: Mapping[str, Sequence[str]]) -> None:
    """Keep what was sent too late, in the place of what was kept for this page before; an empty form is nothing."""
    typed = {name: tuple(each) for name, each in values.items() if name not in NOT_SENT_AGAIN}
    if not any(any(each) for each in typed.values()):
        return
    late = LateForm(owner=same_person(owner.id), path=path, values=typed, kept_at=now())
    await agency.cabinet.change(lambda drawer: drawer.put(LATE, _late(owner, path), late, ("kept",)))


async def late(agency: Agency, owner: Staff, path: str) -> Form | None:
    """What was kept for this page, if anything."""
    found = await agency.cabinet.get(LATE, _late(owner, path), LateForm)
    return Form(found.values) if found else None


async def drop_late(agency: Agency, owner: Staff, path: str) -> None:
    """The page was sent: what was kept for it before is not needed any longer."""
    await agency.cabinet.change(lambda drawer: drawer.remove(LATE, _late(owner, path)))


def forget(drawer: Drawer, at: int) -> None:
    """Throw away what was kept for longer than a month: housekeeping does it."""
    for _, draft in drawer.each(DRAFT, Draft):
        if draft.kept_at + KEPT_SECONDS < at:
            drawer.remove(DRAFT, draft.id)
    for _, late in drawer.each(LATE, LateForm):
        if late.kept_at + KEPT_SECONDS < at:
            drawer.remove(LATE, f"{late.owner} {late.path}")


def _late(owner: Staff, path: str) -> str:
    return f"{same_person(owner.id)} {path}"


def _put(drawer: Drawer, owner: Staff, draft: Draft) -> None:
    drawer.put(DRAFT, draft.id, draft, (_mine(owner, draft.kind),))
