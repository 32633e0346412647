// Shows how loud each open microphone is, ten times a second.
import { Stream } from "./stream.js";

const FLOOR = -60; // dBFS at the quiet end of the scale
const LOUD = -3;
const NOTHING = -55;
const HOLD_MS = 1_500;
const LOUD_MS = 2_000;
const NOTHING_MS = 3_000;
const STALE_MS = 1_500;
const FALL = 2; // dB that a peak falls each time when it is held no longer
const meter = new Map();
const stream = new Stream("/levels", { levels: (data) => JSON.parse(data).forEach(hear) });

export function meters(room) {
  const scales = room.querySelectorAll("[role=meter]");
  meter.clear();
  for (const scale of scales) {
    meter.set(scale.dataset.track, scale);
    if (performance.now() - scale.state?.at > STALE_MS) silence(scale);
  }
  stream.want(scales.length > 0);
}

function hear([track, rms, peak]) {
  const scale = meter.get(track);
  if (!scale) return;
  const now = performance.now();
  const state = (scale.state ??= { at: now, peak: FLOOR, held: 0, loud: -Infinity, heard: now, told: 0 });
  state.at = now;
  if (peak >= state.peak || now - state.held > HOLD_MS) {
    const higher = peak >= state.peak;
    state.peak = higher ? peak : Math.max(state.peak - FALL, peak);
    if (higher) state.held = now;
  }
  if (peak > LOUD) state.loud = now;
  if (rms > NOTHING) state.heard = now;
  scale.querySelector(".cover").style.transform = `scaleX(${1 - share(rms)})`;
  scale.querySelector(".peak").style.insetInlineStart = `${share(state.peak) * 100}%`;
  tell(scale, state, rms, now);
}

// Nothing is told of it any more: an old level would be a lie.
function silence(scale) {
  scale.state = undefined;
  scale.querySelector(".cover").style.transform = "";
  scale.querySelector(".peak").style.insetInlineStart = "";
  const word = scale.parentElement.querySelector(".word");
  delete word.dataset.kind;
  word.textContent = "–";
  scale.setAttribute("aria-valuetext", "–");
}

function share(level) {
  return Math.min(Math.max(1 - level / FLOOR, 0), 1);
}

function tell(scale, state, rms, now) {
  const word = scale.parentElement.querySelector(".word");
  let kind = "good";
  if (now - state.loud < LOUD_MS) kind = "loud";
  else if (now - state.heard > NOTHING_MS) kind = "nothing";
  if (word.dataset.kind !== kind) {
    word.dataset.kind = kind;
    word.textContent = word.dataset[kind];
  }
  if (now - state.told < 1_000) return; // whoever listens to the page is not flooded
  state.told = now;
  scale.setAttribute("aria-valuenow", Math.round(Math.min(Math.max(rms, FLOOR), 0)));
  scale.setAttribute("aria-valuetext", `${Math.round(rms)} dB, ${word.textContent}`);
}
