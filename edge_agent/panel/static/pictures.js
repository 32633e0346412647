// Shows the latest picture of each source that is open.
const PAUSE_MS = 400;
const started = new WeakSet();

export function pictures(room) {
  for (const image of room.querySelectorAll("img[data-picture]")) {
    if (started.has(image)) continue;
    started.add(image);
    follow(image);
  }
}

async function follow(image) {
  let etag = "";
  while (image.isConnected) {
    if (!document.hidden) etag = await latest(image, etag);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  URL.revokeObjectURL(image.src);
}

async function latest(image, etag) {
  try {
    const headers = etag ? { "if-none-match": etag } : {};
    const answer = await fetch(image.dataset.picture, { headers, cache: "no-store" });
    if (answer.status === 304) return etag;
    if (answer.status === 200) {
      show(image, URL.createObjectURL(await answer.blob()));
      return answer.headers.get("etag");
    }
  } catch {
    // The page says by itself that the line is broken.
  }
  show(image, "");
  return "";
}

function show(image, address) {
  URL.revokeObjectURL(image.src);
  if (address) image.src = address;
  else image.removeAttribute("src");
}
