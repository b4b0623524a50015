// Holds the session, the live feed and the open page together, and draws all of it.
import { ApiError, readSession, whenUnauthorized } from "./api.js";
import { LiveFeed } from "./live.js";
import { PAGES } from "./pages.js";
import { readRoute } from "./router.js";
import { loginView } from "./login.js";
import { shell } from "./shell.js";
import { render } from "./view.js";

const TRY_AGAIN_MS = 5_000;

const root = document.getElementById("app");
const feed = new LiveFeed(redraw, () => session && readSession().catch(() => {}));

let session = null;
let isStarting = true;
let isDrawing = false;
/// The open page: its route, module, data, what it looks like, what went wrong.
let open = { route: readRoute() };
let onFirstFrame;
const firstFrame = new Promise((resolve) => { onFirstFrame = resolve; });
// Filters offer the contracts, which only the live frame tells.
firstFrame.then(() => {
  open.look = null;
  redraw();
});

whenUnauthorized(() => {
  if (!session) return;
  session = null;
  feed.close();
  redraw();
});

addEventListener("hashchange", () => session && openPage());
setInterval(() => {
  if (!session) return;
  feed.check();
  redraw();
}, 1000);
start();

async function start() {
  // While the session is asked for, the page's code can already come.
  PAGES[open.route.page]?.module().catch(() => {});
  try {
    enter(await readSession());
  } catch (error) {
    isStarting = false;
    if (error.status !== 401) open.error = error;
    redraw();
  }
}

/// After a login one is where one wanted to go: the address has not changed.
function enter(newSession) {
  isStarting = false;
  session = newSession;
  feed.open();
  openPage();
}

async function openPage() {
  const route = readRoute();
  const page = PAGES[route.page];
  open.controller?.abort();
  clearTimeout(open.timer);
  const isSame = open.module && open.route.page === route.page && open.route.id === route.id;
  const controller = new AbortController();
  open = { ...(isSame ? open : {}), route, controller, isLoading: true, error: null, look: null };
  const mine = open;
  redraw();
  try {
    if (!page) throw new ApiError(404, "There is no such page.");
    mine.module = await page.module();
    if (mine.module.load) mine.data = await mine.module.load(place(route, controller.signal));
  } catch (error) {
    if (controller.signal.aborted) return;
    fail(mine, error);
  }
  if (open !== mine) return;
  Object.assign(mine, { isLoading: false, look: null });
  redraw();
  if (!isSame) scrollTo(0, 0);
  readAgainLater(mine);
}

/// What is not there stays away; everything else may be over by itself.
function fail(mine, error) {
  mine.error = error;
  if (error.status !== 404) mine.timer = setTimeout(openPage, TRY_AGAIN_MS);
}

function readAgainLater(mine) {
  if (!mine.module?.refreshMs || mine.module.isHeld?.(mine.route.query) || mine.error) return;
  mine.timer = setTimeout(async () => {
    try {
      if (!document.hidden) Object.assign(
        mine,
        { data: await mine.module.load(place(mine.route, mine.controller.signal)), refusal: null },
      );
    } catch (error) {
      if (mine.controller.signal.aborted) return;
      mine.refusal = error;
    }
    if (open !== mine) return;
    mine.look = null;
    redraw();
    readAgainLater(mine);
  }, mine.module.refreshMs);
}

function place(route, signal) {
  return { query: route.query, id: route.id, signal, firstSymbol };
}

/// What a page shows of when no contract is chosen; undefined when none is traded.
async function firstSymbol() {
  await firstFrame;
  return symbols()[0];
}

/// The contracts that are traded; none before the first frame.
function symbols() {
  return feed.frame?.markets.map((market) => market.symbol) ?? [];
}

function redraw() {
  if (isDrawing) return;
  isDrawing = true;
  // A page in the background is not painted, but must not be old when it is looked at again.
  if (document.hidden) setTimeout(draw, 0);
  else requestAnimationFrame(draw);
}

function draw() {
  isDrawing = false;
  if (isStarting) return;
  if (feed.frame) onFirstFrame();
  const title = PAGES[open.route.page]?.title ?? "Not found";
  const alarm = feed.naked.all(feed.now).length > 0 ? "⚠ NO STOP · " : "";
  document.title = `${alarm}${session ? title : "Log in"} · Vortex-7 ${feed.frame?.mode ?? ""}`.trim();
  document.documentElement.dataset.mode = feed.frame?.mode ?? "";
  if (!session) return render(root, loginView({ onSession: enter, redraw, error: open.error }));
  const context = {
    ...open,
    live: feed.frame,
    feed,
    now: feed.now,
    symbols: symbols(),
    session,
    query: open.route.query,
    id: open.route.id,
  };
  render(root, shell({ ...context, title, look: look(context), retry: openPage }));
}

/// What the open page looks like; kept as long as nothing that it shows has changed.
function look(context) {
  if (open.error || !open.module || (open.isLoading && open.module.load && open.data === undefined)) return null;
  if (open.look && !open.module.isLive) return open.look;
  try {
    open.look = open.module.view(context);
  } catch (error) {
    console.error(error);
    fail(open, error);
    return null;
  }
  return open.look;
}
