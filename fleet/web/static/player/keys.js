// The keyboard. Keys that a focused control needs for itself are left to it.

const STEP = 5; // seconds

const OFF = "lectern-keys-off";

/** Listen for keys of the whole page; `choice` is the box that switches them off. */
export function listen(ensemble, actions, player, choice) {
  choice.checked = !localStorage.getItem(OFF);
  choice.addEventListener("change", () => {
    if (choice.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  });
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
    if (!action || !choice.checked || event.ctrlKey || event.metaKey || event.altKey) return;
    const on = event.target;
    // Up and down scroll the page, unless the viewer is at the player.
    if (/Up|Down/.test(event.key) && !player.contains(on)) return;
    if (on.closest("select, textarea, input:not([type=range]), [contenteditable]")) return;
    if (event.key === " " && on.closest("button, a, summary")) return;
    event.preventDefault();
    action();
  });
}
