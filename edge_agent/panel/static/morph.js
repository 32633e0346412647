// Makes an element like another one and keeps what need not change: focus, an open question, a
// finger on a slider. Elements with the same `data-key` among their siblings are the same thing;
// what is inside `data-live` belongs to a script as long as its value stays.
const OWN = new Set(["open", "aria-busy"]);

export function morph(old, next) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) old.data = next.data;
  } else if (old.nodeType === Node.ELEMENT_NODE && !isLive(old, next)) {
    attributes(old, next);
    children(old, next);
  }
}

function isLive(old, next) {
  return "live" in old.dataset && old.dataset.live === next.dataset.live;
}

function attributes(old, next) {
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name) && !OWN.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const held = old.matches("input[type=range]:is(:active, [aria-busy=true] *)");
  if (old.type === "range" && !held) old.value = next.getAttribute("value");
}

function children(old, next) {
  const wanted = [...next.childNodes];
  const keys = new Set(wanted.map(key));
  // What is gone goes first, so that what stays need not move: a moved element loses the focus.
  for (const child of [...old.childNodes]) if (!keys.has(key(child))) child.remove();
  let place = old.firstChild;
  for (const child of wanted) {
    const same = find(place, key(child));
    if (same) {
      if (same === place) place = place.nextSibling;
      else old.insertBefore(same, place);
      replaceOrMorph(same, child);
    } else {
      old.insertBefore(child, place);
    }
  }
  while (place) {
    const rest = place.nextSibling;
    place.remove();
    place = rest;
  }
}

function replaceOrMorph(same, child) {
  const live = same.dataset?.live;
  if (live !== undefined && live !== child.dataset.live) same.replaceWith(child);
  else morph(same, child);
}

function key(node) {
  return node.dataset?.key ?? node.nodeName;
}

function find(place, wanted) {
  while (place && key(place) !== wanted) place = place.nextSibling;
  return place;
}
