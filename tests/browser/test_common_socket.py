"""The socket that the apps share, in real tabs against real servers: it comes back, and loses nothing."""

from uuid import UUID, uuid4

import pytest
from playwright.async_api import WebSocketRoute

from halobestie_core.words import UserType
from support.bare import BarePage, bare
from support.people import Customer, Mitra
from support.screens import People

pytestmark = pytest.mark.anyio

TEXTS = "heard.filter((frame) => frame.type === 'message').map((frame) => frame.message.text)"


async def chatting(people: People, page: BarePage) -> tuple[str, Mitra]:
    """Somebody signs in on the page and has a chat; gives its id, and with whom."""
    tokens = await page.signs_in()
    id_ = UUID(tokens["user"]["id"])
    ayu = Customer(people.house, people.house.first, str(id_), people.house.token(id_, UserType.CUSTOMER))
    [budi] = await people.house.mitras(1)
    await ayu.sees(1)
    session = await budi.accepts(await ayu.searches())
    await page.does("(id) => { known[id] = 0; }", session["id"])
    return session["id"], budi


async def says(mitra: Mitra, session: str, text: str) -> None:
    """Say something by HTTP."""
    body = {"client_message_id": str(uuid4()), "text": text}
    (await mitra.ask("POST", f"/api/shared/chat/{session}/messages", body)).ok(201)


async def test_a_socket_comes_back_after_a_cut_and_misses_nothing(people: People) -> None:
    """What was said while the network was away is there once it is back, in order, and once."""
    page = await bare(people)
    session, budi = await chatting(people, page)
    await page.connects()
    await says(budi, session, "satu")
    await page.holds(f"{TEXTS}.length === 1")
    await page.does(
        "(id) => { known[id] = heard.find((frame) => frame.type === 'message').message.seq; }", session
    )
    async with page.unreachable():
        await page.holds("socket.state.value !== 'open'")
        assert await page.does("socket.send({ type: 'ping' })") is False
        await says(budi, session, "dua")
        await says(budi, session, "tiga")
    await page.holds("socket.state.value === 'open'")
    await page.holds(f"{TEXTS}.length >= 3")
    assert await page.does(TEXTS) == ["satu", "dua", "tiga"]
    assert await page.does("heard.filter((frame) => frame.type === 'snapshot').length") == 2


async def test_a_socket_comes_back_after_sleep(people: People) -> None:
    """A laptop that was closed for a while is connected again soon after it opens."""
    page = await bare(people)
    await page.signs_in()
    await page.connects()
    async with page.asleep():
        pass
    await page.holds("heard.filter((frame) => frame.type === 'snapshot').length === 2")
    await page.holds("socket.state.value === 'open'")


async def test_a_token_is_renewed_in_place(people: People) -> None:
    """Before its token ends the socket shows a newer one, and stays the same socket."""
    page = await bare(people)
    tokens = await page.signs_in()
    await page.does("(tokens) => api.signedIn({ ...tokens, expires_in: 90 })", tokens)
    await page.connects()
    await page.holds("api.expires.value - Date.now() > 3_000_000")
    await page.does("api.get('/api/shared/me')")  # some time later
    shown = [frame["access_token"] for frame in page.said if frame["type"] == "auth"]
    assert shown[0] == tokens["access_token"]
    assert shown[1:] == [await page.does("api.token()")]
    assert await page.does("socket.state.value") == "open"
    assert len(page.sockets) == 1


async def test_a_token_that_the_server_refuses_is_replaced(people: People) -> None:
    """A socket that is shown out for its token comes back with a new one."""
    page = await bare(people)
    tokens = await page.signs_in()
    await page.does(
        "(user) => api.signedIn({ access_token: 'e30.e30.x', expires_in: 3600, user })", tokens["user"]
    )
    await page.connects()
    assert len(page.sockets) == 2


async def test_a_window_too_many_says_so_and_can_be_taken_back(people: People) -> None:
    """The oldest of four windows stops and does not fight for its place, until somebody wants it to."""
    page = await bare(people)
    await page.signs_in()
    await page.connects()
    others = [await page.second_tab() for _ in range(3)]
    for other in others:
        await other.does("api.start()")
        await other.connects()
    await page.holds("socket.state.value === 'replaced'")
    await page.does("dispatchEvent(new Event('online'))")
    assert await page.does("socket.state.value") == "replaced"
    await page.does("socket.reconnectNow()")
    await page.holds("socket.state.value === 'open'")
    await others[0].holds("socket.state.value === 'replaced'")


async def test_somebody_else_gets_a_socket_of_their_own(people: People) -> None:
    """When another person signs in, what the former one's socket would say is not heard any more."""
    page = await bare(people)
    await page.signs_in()
    await page.connects()
    await page.signs_in()
    await page.holds("heard.filter((frame) => frame.type === 'snapshot').length === 2")
    assert len(page.sockets) == 2
    await page.holds("socket.state.value === 'open'")
    assert page.sockets[0].is_closed()


async def test_a_page_put_aside_comes_back(people: People) -> None:
    """A page that the browser puts aside closes its socket, and opens it when it is shown again."""
    page = await bare(people)
    await page.signs_in()
    await page.connects()
    await page.does("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    assert await page.does("socket.state.value") == "waiting"
    await page.does("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    await page.holds("socket.state.value === 'open'")
    assert len(page.sockets) == 2


async def test_a_silent_socket_is_given_up(people: People) -> None:
    """A socket that does not answer a ping is let go, though nobody closed it, and another is opened."""
    page = await bare(people)
    await page.signs_in()
    roads: list[WebSocketRoute] = []

    def leads(road: WebSocketRoute) -> None:
        roads.append(road)
        server = road.connect_to_server()
        if len(roads) == 1:
            road.on_message(lambda text: None if "ping" in str(text) else server.send(text))

    await page.page.route_web_socket("**/api/shared/ws", leads)
    await page.connects()
    await page.does("dispatchEvent(new Event('online'))")
    assert await page.does("socket.state.value") == "open", "until it is known"
    await page.holds("heard.filter((frame) => frame.type === 'snapshot').length === 2")
    assert await page.does("socket.state.value") == "open"
    assert len(roads) == 2
