// The lesson's player. Without this file the page has two plain videos and links to the files.

import { emptyStretches, show, skip } from "./gaps.js";
import { listen } from "./keys.js";
import { choices, keep, load, preferred } from "./sources.js";
import { Ensemble } from "./sync.js";

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
const player = document.getElementById("player");
const lesson = JSON.parse(document.getElementById("lesson").textContent);
const media = [...player.querySelectorAll("video")];
const part = (name) => player.querySelector(`[data-part="${name}"]`);
const words = part("words").dataset;

const leading = Math.max(0, lesson.streams.findIndex((stream) => stream.sound));
const ensemble = new Ensemble(media[leading], media.filter((_one, at) => at !== leading));

const clock = (seconds) => {
  const [hours, minutes, rest] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
};

const actions = {
  toggle: () => (ensemble.wanted ? ensemble.pause() : ensemble.play()),
  mute: () => (ensemble.leader.muted = !ensemble.leader.muted),
  louder: (by) => (ensemble.leader.volume = Math.min(1, Math.max(0, ensemble.leader.volume + by))),
  faster(by) {
    const at = SPEEDS.indexOf(Number(part("speed").value)) + by;
    if (at < 0 || at >= SPEEDS.length) return;
    part("speed").value = SPEEDS[at];
    ensemble.setRate(SPEEDS[at]);
  },
  enlarge(which) {
    if (which >= media.length) return;
    player.dataset.layout = player.dataset.layout === String(which) ? "side" : String(which);
  },
  swap() {
    const layouts = ["side", ...media.keys()].map(String);
    player.dataset.layout = layouts[(layouts.indexOf(player.dataset.layout) + 1) % layouts.length];
  },
  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else player.requestFullscreen?.();
  },
};

async function choose(quality) {
  const [time, playing] = [ensemble.leader.currentTime, ensemble.wanted];
  ensemble.pause();
  player.dataset.quality = quality;
  await load(quality, lesson, media);
  if (time) ensemble.seek(time);
  ensemble.setRate(ensemble.rate);
  if (playing) ensemble.play();
}

function draw() {
  const { leader, wanted, waiting } = ensemble;
  const time = leader.currentTime;
  part("toggle").setAttribute("aria-label", wanted ? words.pause : words.play);
  part("toggle").dataset.state = wanted ? "playing" : "paused";
  part("mute").setAttribute("aria-pressed", leader.muted);
  if (!part("seek").matches(":active")) part("seek").value = time;
  part("seek").setAttribute("aria-valuetext", `${clock(time)} / ${clock(lesson.duration)}`);
  part("time").textContent = `${clock(time)} / ${clock(lesson.duration)}`;
  player.dataset.waiting = wanted && waiting;
}

function wire() {
  part("toggle").addEventListener("click", actions.toggle);
  part("mute").addEventListener("click", actions.mute);
  part("swap").addEventListener("click", actions.swap);
  part("swap").hidden = media.length < 2;
  part("full").addEventListener("click", actions.fullScreen);
  part("full").hidden = !player.requestFullscreen;
  part("seek").addEventListener("input", (event) => ensemble.seek(Number(event.target.value)));
  part("speed").addEventListener("change", (event) => ensemble.setRate(Number(event.target.value)));
  part("quality").addEventListener("change", (event) => {
    keep(event.target.value);
    choose(event.target.value);
  });
  for (const picture of media) picture.addEventListener("click", actions.toggle);
  for (const link of document.querySelectorAll("a[data-at]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      ensemble.seek(Number(link.dataset.at));
    });
  }
  ensemble.addEventListener("change", draw);
  ensemble.leader.addEventListener("volumechange", draw);
  for (const one of media) {
    one.addEventListener("error", () => {
      if (one.getAttribute("src")) part("trouble").hidden = false;
    });
  }
}

for (const picture of media) picture.removeAttribute("controls");
const possible = choices(lesson);
for (const option of [...part("quality").options]) {
  if (!possible.includes(option.value)) option.remove();
}
part("quality").value = preferred(lesson);
part("controls").hidden = false;
wire();
listen(ensemble, actions, player, document.getElementById("keys"));
show(part("marks"), lesson.marks, lesson.duration);
const tracks = [...lesson.streams.map((stream) => stream.track), ...(lesson.audio ? ["audio"] : [])];
skip(ensemble, emptyStretches(lesson.marks, tracks));
await choose(part("quality").value);
draw();
player.dataset.ready = "true";
