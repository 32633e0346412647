// Keeps several media elements in step. The one with the sound leads; the others are nudged by
// their playback rate, so that nothing is ever heard, and jump only when they are far off.

const NEAR = 0.015; // seconds: below this there is nothing to correct
const FAR = 0.4; // seconds: above this a jump is quicker than a nudge
const STRONGEST = 0.3; // of the rate: nobody hears it, followers are muted
const EVERY = 100; // milliseconds

/** The follower's rate for a drift (follower minus leader, seconds), or null: jump instead. */
export function correction(drift, rate) {
  if (Math.abs(drift) > FAR) return null;
  if (Math.abs(drift) < NEAR) return rate;
  const nudge = Math.max(-STRONGEST, Math.min(STRONGEST, drift * 1.5));
  return rate * (1 - nudge);
}

const over = (media) => media.ended || media.currentTime >= media.duration - 0.05;
const hungry = (media) => !over(media) && media.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;

/** Several media elements that play as one. `wanted` is what the viewer asked for. */
export class Ensemble extends EventTarget {
  constructor(leader, followers) {
    super();
    this.leader = leader;
    this.followers = followers;
    this.wanted = false;
    this.waiting = false;
    this.rate = 1;
    for (const follower of followers) follower.muted = true;
    setInterval(() => this.tick(), EVERY);
    leader.addEventListener("ended", () => this.pause());
    leader.addEventListener("timeupdate", () => this.announce());
    leader.addEventListener("seeked", () => this.tick());
  }

  get all() {
    return [this.leader, ...this.followers].filter((media) => media.hasAttribute("src"));
  }

  play() {
    this.wanted = true;
    for (const media of this.all) media.preload = "auto";
    if (this.leader.ended) this.seek(0);
    this.start();
    this.announce();
  }

  pause() {
    this.wanted = false;
    for (const media of this.all) media.pause();
    for (const media of this.followers) media.playbackRate = this.rate;
    this.announce();
  }

  seek(time) {
    for (const media of this.all) media.currentTime = Math.max(0, time);
    this.announce();
  }

  setRate(rate) {
    this.rate = rate;
    for (const media of this.all) media.playbackRate = rate;
    this.announce();
  }

  start() {
    for (const media of this.all) {
      if (media.paused && !over(media)) {
        media.play().catch((error) => {
          if (error.name === "NotAllowedError") this.pause();
        });
      }
    }
  }

  tick() {
    if (!this.wanted) return;
    const waiting = this.all.some(hungry);
    if (waiting !== this.waiting) {
      this.waiting = waiting;
      this.announce();
    }
    if (waiting) {
      // Who has data waits for who has not; who has not must stay in play to fetch more.
      for (const media of this.all) hungry(media) ? media.play().catch(() => {}) : media.pause();
      return;
    }
    this.start();
    for (const follower of this.followers) this.follow(follower);
  }

  follow(follower) {
    if (!this.all.includes(follower) || follower.seeking || this.leader.seeking || over(follower)) return;
    const rate = correction(follower.currentTime - this.leader.currentTime, this.rate);
    if (rate === null) {
      follower.currentTime = this.leader.currentTime;
    } else if (follower.playbackRate !== rate) {
      follower.playbackRate = rate;
    }
  }

  announce() {
    this.dispatchEvent(new Event("change"));
  }
}
