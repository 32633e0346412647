// Which files are played: automatic (HLS), full, low data, or the sound alone.

const HLS_TYPE = "application/vnd.apple.mpegurl";
const KEPT = "lectern-quality";
const LONG = 20 * 60; // seconds: longer MP4 files have so large an index that HLS starts sooner

/** The choices this lesson has, best first. */
export function choices(lesson) {
  const has = { auto: true, full: true, low: lesson.streams.some((one) => one.low_mp4), sound: lesson.audio };
  return Object.keys(has).filter((name) => has[name]);
}

/** What to begin with: what was chosen last, else what the connection bears. */
export function preferred(lesson) {
  const possible = choices(lesson);
  const kept = localStorage.getItem(KEPT);
  if (possible.includes(kept)) return kept;
  const link = navigator.connection;
  const thin = link && (link.saveData || /2g|3g/.test(link.effectiveType || ""));
  if (thin && possible.includes("low")) return "low";
  return lesson.duration > LONG ? "auto" : "full";
}

export function keep(choice) {
  localStorage.setItem(KEPT, choice);
}

/** Give each media element its file. `streams` and `media` are in the same order. */
export async function load(choice, lesson, media) {
  for (const [at, stream] of lesson.streams.entries()) {
    release(media[at]);
    if (choice === "sound") {
      if (stream.sound) media[at].src = lesson.low_audio || lesson.audio;
    } else if (choice === "auto") {
      await loadHls(media[at], stream);
    } else {
      media[at].src = (choice === "low" && stream.low_mp4) || stream.mp4;
    }
  }
}

const engines = new WeakMap();

function release(media) {
  engines.get(media)?.destroy();
  engines.delete(media);
  media.replaceChildren();
  media.removeAttribute("src");
  media.load();
}

async function loadHls(media, stream) {
  if (media.canPlayType(HLS_TYPE)) {
    media.addEventListener("error", () => (media.src = stream.mp4), { once: true });
    media.src = stream.hls;
    return;
  }
  // 100 kB that only browsers without HLS of their own need.
  const address = document.getElementById("player").dataset.hls;
  const { default: Hls } = address ? await import(address) : {};
  if (!Hls?.isSupported()) {
    media.src = stream.mp4;
    return;
  }
  const engine = new Hls({ maxBufferLength: 30 });
  engine.loadSource(stream.hls);
  engine.attachMedia(media);
  engines.set(media, engine);
  await new Promise((resolve) => {
    engine.once(Hls.Events.MANIFEST_PARSED, resolve);
    engine.on(Hls.Events.ERROR, (_event, error) => {
      if (!error.fatal) return;
      engine.destroy();
      media.src = stream.mp4;
      resolve();
    });
  });
}
