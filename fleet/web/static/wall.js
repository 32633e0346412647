// Asks for the pictures of the tiles that can be seen, and of no others: a room sends pictures
// only while somebody looks at it.
const wall = document.querySelector("[data-wall]");
const inSight = new Set();
const STALE_SECONDS = 10;
let since = 0;

function show(tile, seen) {
  const picture = tile.querySelector("img");
  if (seen.picture) picture.src = seen.picture;
  else picture.src = wall.dataset.nothing;
  const meter = tile.querySelector("meter");
  meter.hidden = seen.level === null;
  if (seen.level !== null) {
    meter.value = seen.level;
    meter.setAttribute("aria-label", wall.dataset.sound);
  }
  tile.dataset.at = Date.now() - seen.age * 1000;
  const words = [seen.recording ? wall.dataset.recording : "", seen.picture ? "" : wall.dataset.away];
  tile.querySelector(".said").textContent = words.filter(Boolean).join(" · ");
}

function fade() {
  for (const tile of inSight) {
    if (Date.now() - Number(tile.dataset.at ?? 0) > STALE_SECONDS * 1000) {
      tile.querySelector("meter").hidden = true;
      tile.querySelector(".said").textContent = wall.dataset.away;
    }
  }
}

async function look() {
  const tiles = new Map([...inSight].map((tile) => [tile.dataset.room, tile]));
  const query = new URLSearchParams([...tiles.keys()].map((room) => ["room", room]));
  query.set("since", since);
  const answer = await fetch(`${wall.dataset.wall}?${query}`);
  if (answer.status === 401) return location.reload();
  if (!answer.ok) return;
  for (const seen of (await answer.json()).tiles) {
    since = Math.max(since, seen.number);
    const tile = tiles.get(seen.room);
    if (tile) show(tile, seen);
  }
}

async function watch() {
  for (;;) {
    if (!document.hidden && inSight.size) {
      try {
        await look();
      } catch {
        // The link is down; the next look may find it up.
      }
      fade();
    }
    await new Promise((resolve) => setTimeout(resolve, Number(wall.dataset.every) * 1000));
  }
}

if (wall) {
  const eye = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) {
      if (isIntersecting) inSight.add(target);
      else inSight.delete(target);
    }
  });
  for (const tile of wall.children) eye.observe(tile);
  watch();
}
