"""Sign-in with a real OpenID Connect provider (npm oidc-provider): its own pages, its own tokens, its own refusals."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from aiohttp import ClientSession, CookieJar
from multidict import MultiMapping
from yarl import URL

from gateway.config import SignIn
from gateway.desk.pages.people import SignedIn
from gateway.desk.pages.signing_in import back_channel
from gateway.desk.pages.signing_in.errors import AccountNotReady, NotFinished, NotVouched, SignInRefused, StartAgain
from gateway.desk.pages.signing_in.flow import Pending, Provider
from tests.pages.oidc_provider.browsing import Browser
from tests.pages.oidc_provider.running import real_provider
from tests.pages.oidc_provider.staff import ACCOUNTS, BACK, SECRET, client
from tests.waiting import until

ALGS = ("RS256", "PS256", "ES256", "EdDSA")
PUBLIC = "rj-desk-public"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def issuer() -> AsyncIterator[str]:
    clients = [client(f"rj-desk-{alg}", alg=alg) for alg in ALGS] + [client(PUBLIC, public=True)]
    async with real_provider(clients, ACCOUNTS) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def back_session() -> AsyncIterator[ClientSession]:
    async with back_channel.open_session() as session:
        yield session


@pytest_asyncio.fixture(loop_scope="session")
async def browser_of() -> AsyncIterator[Browser]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        yield Browser(http)


@pytest.fixture
def desk(issuer: str, back_session: ClientSession, tmp_path: Path) -> Provider:
    return provider(issuer, back_session, tmp_path)


def provider(issuer: str, session: ClientSession, folder: Path, name: str = "rj-desk-RS256") -> Provider:
    secret = folder / "secret"
    secret.write_text(SECRET)
    return Provider(
        SignIn(
            id="agency",
            name="Agency account",
            issuer=issuer,
            client_id=name,
            client_secret=None if name == PUBLIC else secret,
            agencies=("prison-mdi",),
        ),
        session,
    )


async def sign_in(desk: Provider, browser: Browser, account: str = "m.dsouza") -> SignedIn:
    address, pending = await desk.begin(BACK)
    return await desk.finish((await browser.go(address, BACK, account)).query, pending)


async def until_after(instant: int) -> None:
    """Wait for the clock to go past this second."""

    async def past() -> bool:
        return int(time.time()) > instant

    await until(past)


async def refused(
    desk: Provider, query: MultiMapping[str], pending: Pending, kind: type[SignInRefused], why: str
) -> str:
    with pytest.raises(SignInRefused) as caught:
        await desk.finish(query, pending)
    assert (type(caught.value), caught.value.why) == (kind, why)
    return caught.value.detail


@pytest.mark.parametrize("name", [f"rj-desk-{alg}" for alg in ALGS] + [PUBLIC])
async def test_somebody_signs_in_through_the_providers_own_page(
    issuer: str, back_session: ClientSession, browser_of: Browser, tmp_path: Path, name: str
) -> None:
    """As a client with a secret or without one, and with each algorithm; agency, role and training are in the token."""
    person = await sign_in(provider(issuer, back_session, tmp_path, name), browser_of)
    assert (person.agency, person.name, person.staff.id) == ("prison-mdi", "Siân D’Souza", "m.dsouza")
    assert (person.staff.role, person.staff.training) == ("rj-coordinator", "foundation")
    assert person.staff.trained_until == "2027-03-31"
    assert person.staff.methods == ("pwd", "otp", "mfa")
    assert abs(person.staff.signed_in_at - time.time()) < 60
    assert browser_of.asked == 1


async def test_whoever_is_signed_in_there_comes_straight_back(desk: Provider, browser_of: Browser) -> None:
    """And counts as signed in since then: the agreement's 12 hours do not begin anew."""
    first = await sign_in(desk, browser_of)
    await until_after(first.staff.signed_in_at)
    again = await sign_in(desk, browser_of)
    assert again.staff.signed_in_at == first.staff.signed_in_at
    assert browser_of.asked == 1


async def test_the_provider_asks_anew_when_the_sign_in_there_is_too_old(desk: Provider, browser_of: Browser) -> None:
    """It goes by the `max_age` in the address. Here a second stands for the agreement's 12 hours."""
    first = await sign_in(desk, browser_of)
    await until_after(first.staff.signed_in_at + 1)
    address, pending = await desk.begin(BACK)
    assert URL(address).query["max_age"] == "43200"
    again = await desk.finish((await browser_of.go(str(URL(address).update_query(max_age="1")), BACK)).query, pending)
    assert again.staff.signed_in_at > first.staff.signed_in_at
    assert browser_of.asked == 2


async def test_a_role_of_their_own_may_do_nothing(desk: Provider, browser_of: Browser) -> None:
    """And one factor is what the desk is told: opening is refused later, by the agreement."""
    person = await sign_in(desk, browser_of, "l.obriain")
    assert (person.staff.role, person.role, person.staff.training) == ("Head of Residence", "other", "none")
    assert person.staff.methods == ("pwd",)


@pytest.mark.parametrize(
    ("account", "why", "words"),
    [
        ("no.agency", "claim-missing", "which agency you work for"),
        ("no.role", "claim-missing", "what your role is"),
        ("another.agency", "agency-not-allowed", "ring whoever runs this desk"),
    ],
)
async def test_an_account_that_is_not_ready_is_told_what_to_do(
    desk: Provider, browser_of: Browser, account: str, why: str, words: str
) -> None:
    """In words for whoever sits there, and whom to ring."""
    address, pending = await desk.begin(BACK)
    assert words in await refused(
        desk, (await browser_of.go(address, BACK, account)).query, pending, AccountNotReady, why
    )


async def test_whoever_cancels_is_not_signed_in(desk: Provider, browser_of: Browser) -> None:
    """And may begin again."""
    address, pending = await desk.begin(BACK)
    await refused(desk, (await browser_of.go(address, BACK, button="cancel")).query, pending, NotFinished, "declined")
    assert (await sign_in(desk, browser_of)).agency == "prison-mdi"


async def test_the_provider_itself_refuses_a_code_under_another_verifier(desk: Provider, browser_of: Browser) -> None:
    """A stolen code, in the thief's own sign-in."""
    theirs, _ = await desk.begin(BACK)
    _, own = await desk.begin(BACK)
    stolen = URL("/").with_query({**(await browser_of.go(theirs, BACK)).query, "state": own.state}).query
    await refused(desk, stolen, own, StartAgain, "code-refused")


async def test_the_provider_itself_takes_a_code_once(
    desk: Provider, browser_of: Browser, issuer: str, back_session: ClientSession, tmp_path: Path
) -> None:
    """Even from a desk that has forgotten that it was used."""
    address, pending = await desk.begin(BACK)
    query = (await browser_of.go(address, BACK)).query
    await desk.finish(query, pending)
    await refused(provider(issuer, back_session, tmp_path), query, pending, StartAgain, "code-refused")


async def test_the_provider_names_itself_in_its_answer(desk: Provider, browser_of: Browser, issuer: str) -> None:
    """RFC 9207. An answer from which that was taken is refused."""
    address, pending = await desk.begin(BACK)
    query = (await browser_of.go(address, BACK)).query
    assert query["iss"] == issuer
    without = URL("/").with_query({name: value for name, value in query.items() if name != "iss"}).query
    await refused(desk, without, pending, NotVouched, "mix-up")


async def test_a_desk_with_a_wrong_secret_is_told_to_whoever_runs_it(
    issuer: str, back_session: ClientSession, browser_of: Browser, tmp_path: Path
) -> None:
    """The secret is read when the desk starts."""
    wrong = tmp_path / "wrong"
    wrong.write_text("another")
    settings = provider(issuer, back_session, tmp_path).settings
    desk = Provider(msgspec.structs.replace(settings, client_secret=wrong), back_session)
    address, pending = await desk.begin(BACK)
    await refused(desk, (await browser_of.go(address, BACK)).query, pending, NotVouched, "client-refused")


async def test_signing_out_there_ends_the_sign_in_there(desk: Provider, browser_of: Browser) -> None:
    """Its own page asks; afterwards it shows its sign-in page again."""
    await sign_in(desk, browser_of)
    address = await desk.sign_out_address(BACK.replace("/sign-in/back", "/signed-out"))
    assert address is not None
    assert await browser_of.sign_out(address) == BACK.replace("/sign-in/back", "/signed-out")
    await sign_in(desk, browser_of)
    assert browser_of.asked == 2
