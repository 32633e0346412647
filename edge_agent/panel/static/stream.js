// Server-sent events that are asked for again when they break, and not while nobody looks.
const AGAIN_MS = 1_000;

export class Stream {
  // `events`: name → what is done with the data. `silence`: ms without any that mean it is broken.
  constructor(address, events, { silence = 0, broke = () => {} } = {}) {
    Object.assign(this, { address, events, silence, broke, wanted: false });
    document.addEventListener("visibilitychange", () => this.follow());
  }

  want(wanted) {
    this.wanted = wanted;
    this.follow();
  }

  follow() {
    if (this.wanted && !document.hidden) this.open();
    else this.close();
  }

  open() {
    if (this.source) return;
    this.source = new EventSource(this.address);
    this.source.onerror = () => this.mend();
    for (const [name, act] of Object.entries(this.events)) {
      this.source.addEventListener(name, (event) => {
        this.listen();
        act(event.data);
      });
    }
    this.listen();
  }

  listen() {
    clearTimeout(this.timer);
    if (this.silence) this.timer = setTimeout(() => this.mend(), this.silence);
  }

  mend() {
    this.close();
    this.timer = setTimeout(() => this.follow(), AGAIN_MS);
    this.broke();
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }
}
