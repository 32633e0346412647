// Keeps a part of a page as the fleet is now: `data-live` is where server-sent events come from.
// Each event is that part again. Where the reader stands, and what has the focus, is kept.
const part = document.querySelector("[data-live]");
const said = document.getElementById("said");

function put(html) {
  const at = part.contains(document.activeElement) ? document.activeElement : null;
  const address = at?.getAttribute("href");
  const scrolled = part.querySelector(".scroll")?.scrollLeft ?? 0;
  const before = part.querySelector("[data-say]")?.dataset.say;
  part.innerHTML = html;
  const scroll = part.querySelector(".scroll");
  if (scroll) scroll.scrollLeft = scrolled;
  if (address) part.querySelector(`[href="${CSS.escape(address)}"]`)?.focus();
  else if (at) scroll?.focus();
  const words = part.querySelector("[data-say]")?.dataset.say;
  if (said && words && words !== before) said.textContent = words;
  part.dispatchEvent(new CustomEvent("lectern:changed", { bubbles: true }));
}

let source = null;

function listen() {
  source = new EventSource(part.dataset.live);
  source.addEventListener("board", (event) => put(event.data));
  // A session that has ended answers with a page to sign in on, which is no stream.
  source.onerror = () => {
    if (source?.readyState === EventSource.CLOSED) location.reload();
  };
}

function look() {
  if (document.hidden) {
    source?.close();
    source = null;
  } else if (!source) {
    listen();
  }
}

if (part) {
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", () => source?.close());
  look();
}
