// The keyboard. Keys that a focused control needs for itself are left to it.

const STEP = 5; // seconds

/** Listen for keys of the whole page. */
export function listen(ensemble, actions) {
  const seek = (by) => ensemble.seek(ensemble.leader.currentTime + by);
  const keys = {
    " ": actions.toggle,
    k: actions.toggle,
    ArrowLeft: () => seek(-STEP),
    ArrowRight: () => seek(STEP),
    ArrowUp: () => actions.louder(0.1),
    ArrowDown: () => actions.louder(-0.1),
    Home: () => ensemble.seek(0),
    f: actions.fullScreen,
    m: actions.mute,
    "<": () => actions.faster(-1),
    ">": () => actions.faster(1),
    1: () => actions.enlarge(0),
    2: () => actions.enlarge(1),
  };
  document.addEventListener("keydown", (event) => {
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    const on = event.target;
    if (on.closest("select, textarea, input:not([type=range]), [contenteditable]")) return;
    if (event.key === " " && on.closest("button, a, summary")) return;
    event.preventDefault();
    action();
  });
}
