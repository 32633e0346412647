// Keeps the page as the room is. Without it the page reloads itself now and then.
import { meters } from "./levels.js";
import { morph } from "./morph.js";
import { pictures } from "./pictures.js";
import { Stream } from "./stream.js";
import "./touches.js";

const room = document.getElementById("room");
const lost = document.getElementById("lost");

function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const next = template.content.querySelector("#room");
  if (next.dataset.version !== room.dataset.version) return location.reload();
  const within = room.contains(document.activeElement);
  morph(room, next);
  // The button that was touched is gone with the state it belonged to.
  if (within && !room.contains(document.activeElement)) document.getElementById("main").focus();
  found();
}

function found() {
  if (lost.textContent) lost.textContent = "";
  pictures(room);
  meters(room);
}

async function broke() {
  lost.textContent = lost.dataset.text;
  try {
    const answer = await fetch("/", { redirect: "manual" });
    if (answer.type === "opaqueredirect") location.reload(); // the PIN is asked for again
  } catch {
    // The PC is away; the stream is tried again by itself.
  }
}

new Stream("/state", { room: show, beat: found }, { silence: 5_000, broke }).want(true);
