// Reloads a page when what it waits for has changed. `data-watch` is JSON with a `state`.
const waiting = document.querySelector("[data-watch]");

async function look(delay) {
  await new Promise((resolve) => setTimeout(resolve, delay));
  if (!document.hidden) {
    try {
      const answer = await fetch(waiting.dataset.watch);
      const state = answer.ok ? (await answer.json()).state : "";
      if (state !== waiting.dataset.state) return location.reload();
    } catch {
      // The link is down; the next look may find it up.
    }
  }
  return look(Math.min(delay * 1.2, 30_000));
}

if (waiting) look(4_000);
