// Draws the countries of the overview's table. Fetched when the page can be used; what it shows is
// in the table too. `data-map` is Leaflet, `data-outlines` what `fleet.web.outlines` made.
const box = document.getElementById("map");
const STEPS = 2;
const shapes = new Map();

function corners(text) {
  const found = [];
  let [x, y, at] = [0, 0, 0];
  const next = () => {
    let [number, shift, part] = [0, 0, 32];
    while (part & 32) {
      part = text.charCodeAt(at++) - 63;
      number |= (part & 31) << shift;
      shift += 5;
    }
    return number & 1 ? -(number + 1) / 2 : number / 2;
  };
  while (at < text.length) {
    x += next();
    y += next();
    found.push([y / STEPS, x / STEPS]);
  }
  return found;
}

function rows() {
  return [...document.querySelectorAll("#board tr[data-code]")];
}

function look({ working, risk, dark }) {
  if (Number(dark) && Number(dark) >= Number(working)) return "bad";
  if (Number(dark) || Number(risk)) return "warn";
  return Number(working) ? "good" : "idle";
}

function words(row) {
  const heads = row.closest("table").querySelectorAll("thead th");
  const cells = [...row.querySelectorAll("td")].slice(0, 4);
  const numbers = cells.map((cell, n) => `${heads[n + 1].textContent} ${cell.textContent.trim()}`);
  return `${row.querySelector("th").textContent.trim()}: ${numbers.join(", ")}`;
}

function paint() {
  for (const row of rows()) {
    const shape = shapes.get(row.dataset.code);
    const path = shape?.getElement?.();
    if (!path) continue;
    path.classList.remove("good", "warn", "bad", "idle");
    path.classList.add(look(row.dataset));
    path.setAttribute("aria-label", words(row));
    shape.setTooltipContent(words(row));
  }
}

function open(code) {
  const link = document.querySelector(`#board tr[data-code="${code}"] th a`);
  if (link) location.assign(link.href);
}

async function draw() {
  const [outlines] = await Promise.all([
    fetch(box.dataset.outlines).then((answer) => answer.json()),
    import(box.dataset.map),
  ]);
  const { L } = window;
  const mine = new Set(rows().map((row) => row.dataset.code));
  box.hidden = false;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(box, {
    attributionControl: false,
    zoomControl: false,
    zoomAnimation: !still,
    fadeAnimation: false,
    inertia: !still,
    scrollWheelZoom: false,
    keyboard: true,
    zoomSnap: 0.25,
    minZoom: 0,
    maxZoom: 7,
  });
  map.setView([20, 30], 1);
  const shown = L.featureGroup();
  for (const [code, rings] of Object.entries(outlines)) {
    const lit = mine.has(code);
    const decoded = rings.map(corners);
    if (!lit && decoded[0].length === 1) continue;
    const style = { interactive: lit, stroke: true, fill: true, fillOpacity: 1, smoothFactor: 0.5 };
    const shape =
      decoded[0].length === 1
        ? L.circleMarker(decoded[0][0], { ...style, radius: 6 })
        : L.polygon(decoded.map((ring) => [ring]), style);
    shape.addTo(map);
    if (!lit) continue;
    shapes.set(code, shape);
    shown.addLayer(shape);
    shape.bindTooltip("", { sticky: true });
    shape.on("click", () => open(code));
    const path = shape.getElement();
    path.setAttribute("tabindex", "0");
    path.setAttribute("role", "link");
    path.addEventListener("keydown", (event) => {
      if (event.key === "Enter") open(code);
    });
  }
  const all = () => map.fitBounds(shown.getBounds().pad(0.1), { animate: false });
  all();
  paint();
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(box);
  document.addEventListener("lectern:changed", paint);
}

function start() {
  if (box && rows().length) {
    const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 200));
    // The page keeps its place: the room for the map is made before it comes.
    box.hidden = false;
    idle(() => draw().catch(() => (box.hidden = true)));
  }
}

if (document.readyState === "complete") start();
else addEventListener("load", start);
